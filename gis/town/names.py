"""Names of the sample town: invented by combination, none of them a real person's.

Every name is (Chinese, English). Pairs of syllables with their pinyin make the compounds' names.
"""

from __future__ import annotations

import numpy as np

Name = tuple[str, str]

COUNTY: Name = ("澄溪县", "Chengxi County")
COUNTY_CODE = "149901"
STREETS: dict[str, Name] = {
    "west": ("城关街道", "Chengguan Street"),
    "east": ("东关街道", "Dongguan Street"),
    "south": ("南关街道", "Nanguan Street"),
}

FIRST: tuple[Name, ...] = (
    ("凤馨", "Fengxin"), ("翠屏", "Cuiping"), ("锦绣", "Jinxiu"), ("西昌", "Xichang"), ("滨湖", "Binhu"),
    ("涌泉", "Yongquan"), ("五鹿", "Wulu"), ("澄水", "Chengshui"), ("澜湖", "Lanhu"), ("吴都", "Wudu"),
    ("南洋", "Nanyang"), ("东岳", "Dongyue"), ("幸福", "Xingfu"), ("清河", "Qinghe"), ("金桂", "Jingui"),
    ("丽景", "Lijing"), ("书香", "Shuxiang"), ("龙泉", "Longquan"), ("望湖", "Wanghu"), ("玉泉", "Yuquan"),
    ("福临", "Fulin"), ("安泰", "Antai"), ("康宁", "Kangning"), ("和顺", "Heshun"), ("祥云", "Xiangyun"),
    ("紫薇", "Ziwei"), ("海棠", "Haitang"), ("枫林", "Fenglin"), ("银杏", "Yinxing"), ("梧桐", "Wutong"),
    ("明珠", "Mingzhu"), ("朝阳", "Chaoyang"), ("春晓", "Chunxiao"), ("秋实", "Qiushi"), ("云锦", "Yunjin"),
    ("文苑", "Wenyuan"), ("学林", "Xuelin"), ("河畔", "Hepan"), ("石榴", "Shiliu"), ("百合", "Baihe"),
    ("兰亭", "Lanting"), ("碧水", "Bishui"), ("天和", "Tianhe"), ("嘉禾", "Jiahe"), ("怡景", "Yijing"),
)  # fmt: skip
LAST: dict[str, tuple[Name, ...]] = {
    "old": (("小区", "Estate"), ("新村", "New Village"), ("里", "Lane Estate")),
    "slab": (("苑", "Garden"), ("小区", "Estate"), ("花园", "Gardens")),
    "garden": (("家园", "Homestead"), ("苑", "Garden"), ("湾", "Bay")),
    "tower": (("府", "Mansion"), ("国际", "International"), ("城", "Heights")),
}
WORKS: tuple[Name, ...] = (
    ("油厂", "Oil Mill"), ("棉纺厂", "Cotton Mill"), ("粮站", "Grain Depot"), ("农机厂", "Farm Machinery Works"),
    ("水利局", "Water Bureau"), ("供销社", "Supply Cooperative"), ("印刷厂", "Printing Works"),
    ("化肥厂", "Fertiliser Works"), ("县医院", "County Hospital"), ("一中", "First Middle School"),
    ("面粉厂", "Flour Mill"), ("运输公司", "Transport Company"),
)  # fmt: skip
VILLAGES: tuple[Name, ...] = (
    ("菜园头", "Caiyuantou"), ("上河湾", "Shanghewan"), ("下河湾", "Xiahewan"), ("枣林", "Zaolin"),
    ("柳树沟", "Liushugou"), ("石桥", "Shiqiao"), ("瓦窑坡", "Wayaopo"), ("杨家台", "Yangjiatai"),
    ("东坡底", "Dongpodi"), ("西岭", "Xiling"), ("后沟", "Hougou"), ("梨园", "Liyuan"),
)  # fmt: skip

SURNAMES: tuple[Name, ...] = (
    ("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("杨", "Yang"), ("赵", "Zhao"),
    ("黄", "Huang"), ("周", "Zhou"), ("吴", "Wu"), ("徐", "Xu"), ("孙", "Sun"), ("马", "Ma"), ("朱", "Zhu"),
    ("胡", "Hu"), ("郭", "Guo"), ("何", "He"), ("高", "Gao"), ("罗", "Luo"), ("郑", "Zheng"),
)  # fmt: skip
GIVEN_ONE: tuple[Name, ...] = (
    ("晓", "xiao"), ("文", "wen"), ("建", "jian"), ("玉", "yu"), ("志", "zhi"), ("春", "chun"), ("海", "hai"),
    ("丽", "li"), ("永", "yong"), ("新", "xin"), ("秀", "xiu"), ("国", "guo"),
)  # fmt: skip
GIVEN_TWO: tuple[Name, ...] = (
    ("青", "qing"), ("禾", "he"), ("川", "chuan"), ("宁", "ning"), ("岚", "lan"), ("平", "ping"), ("舟", "zhou"),
    ("苗", "miao"), ("原", "yuan"), ("溪", "xi"), ("桐", "tong"), ("安", "an"), ("泉", "quan"), ("林", "lin"),
)  # fmt: skip
DEPARTMENTS: tuple[Name, ...] = (
    ("城市管理局", "City Management Bureau"), ("住房和城乡建设局", "Housing and Construction Bureau"),
    ("市场监督管理局", "Market Supervision Bureau"), ("民政局", "Civil Affairs Bureau"),
    ("公安局交警大队", "Traffic Police"), ("消防救援大队", "Fire and Rescue"),
    ("生态环境局", "Environment Bureau"), ("信访局", "Petitions Office"),
)  # fmt: skip
COMPANIES: tuple[Name, ...] = (
    ("供热公司", "Heating Company"), ("自来水公司", "Water Company"), ("供电公司", "Power Company"),
    ("环卫公司", "Cleaning Company"),
)  # fmt: skip
PROPERTY_MANAGERS: tuple[Name, ...] = (
    ("安居物业", "Anju Property Management"), ("和美物业", "Hemei Property Management"),
    ("万家物业", "Wanjia Property Management"), ("春风物业", "Chunfeng Property Management"),
)  # fmt: skip


class Namer:
    """Hands out names, never the same twice."""

    def __init__(self, seed: int, works: tuple[Name, ...] = WORKS) -> None:
        """A fresh, shuffled supply; some old compounds are called after the `works` whose housing they are."""
        self.rng = np.random.default_rng([seed, 7])
        self._first = [FIRST[int(i)] for i in self.rng.permutation(len(FIRST))]
        self._works = [works[int(i)] for i in self.rng.permutation(len(works))]
        self._villages = [VILLAGES[int(i)] for i in self.rng.permutation(len(VILLAGES))]
        self._used: set[str] = set()
        self._next = 0

    def compound(self, style: str) -> Name:
        """A name that fits how a compound was built; the works' own housing is older."""
        if style == "village":
            place = self._villages[self._next % len(self._villages)]
            self._next += 1
            group = 1
            while True:
                name = (f"{place[0]}{'一二三四五六七八九'[group - 1]}组", f"{place[1]} Group {group}")
                if self._take(name):
                    return name
                group += 1
        if style == "old" and self._works and self.rng.random() < 0.5:
            works = self._works.pop()
            name = (f"{works[0]}家属院", f"{works[1]} Staff Housing")
            if self._take(name):
                return name
        while True:
            self._next += 1
            first = self._first[self._next % len(self._first)]
            last = LAST[style][int(self.rng.integers(len(LAST[style])))]
            name = (first[0] + last[0], f"{first[1]} {last[1]}")
            if self._take(name):
                return name

    def person(self) -> Name:
        """An invented person."""
        while True:
            surname, one, two = (
                pool[int(self.rng.integers(len(pool)))] for pool in (SURNAMES, GIVEN_ONE, GIVEN_TWO)
            )
            name = (surname[0] + one[0] + two[0], f"{surname[1]} {one[1].title()}{two[1]}")
            if self._take(name):
                return name

    def _take(self, name: Name) -> bool:
        """Remember a name; False when it was given before."""
        if name[0] in self._used:
            return False
        self._used.add(name[0])
        return True
