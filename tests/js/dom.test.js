// Words on their way to the page: where a line may break, and where not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dotted, wholes } from "../../gis/static/gis/dom.js";

test("no line begins with the dot between two things", () => {
  assert.equal(dotted("39 sites · 12 households"), "39 sites\u00a0· 12 households");
  assert.equal(dotted(" · "), "\u00a0· ");
  assert.equal(dotted("a·b"), "a·b");
});

test("in a Chinese sentence words of the trade stay whole, and a number with what it counts", () => {
  const kept = (text) => wholes(text).filter((_part, i) => i % 2);
  assert.deepEqual(kept("2,984 名居民步行 15 分钟到不了任何服务点"), ["2,984 名", "居民", "步行", "15 分钟", "服务点"]);
  assert.deepEqual(kept("未办结 98 件，其中超期 47 件"), ["办结", "98 件", "超期", "47 件"]);
  assert.deepEqual(kept("97.5% 的网格，高 3 个百分点"), ["97.5%", "网格", "3 个百分点"]);
  for (const text of ["12 个服务点中 5 个开放", "2 residents", "没有"]) assert.equal(wholes(text).join(""), text);
  assert.deepEqual(wholes("98% of residents walk to a site in 15 minutes"), ["98% of residents walk to a site in 15 minutes"]);
});
