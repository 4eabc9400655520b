"""Set-up's single steps: names of places, stamps, ports, missing packages, reasons in plain words."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gis.setup import __main__ as commands
from gis.setup import local, messages, paths, places, server, system, talk
from gis.setup.talk import Stop


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("gh_moscow.osm.gz", "gh_moscow"),
        ("Taiwan-Hsinchu.osm.pbf", "taiwan_hsinchu"),
        ("/a/b/2025 map.osm", "place_2025_map"),
        ("新竹.osm.pbf", "place"),
        (f"{'x' * 60}.pbf", "x" * 40),
    ],
)
def test_a_place_is_named_after_its_file(file, place):
    assert places.name_of(Path(file)) == place


@pytest.mark.parametrize("word", ["Moscow", "1st", "a-b", "", "x" * 41, "a;drop database x"])
def test_a_wrong_name_is_refused(word):
    with pytest.raises(Stop, match="lower-case letters"):
        places.checked(word)


def test_an_extract_that_is_not_there(monkeypatch):
    monkeypatch.setenv("OSM", "/nowhere/x.osm.gz")
    with pytest.raises(Stop, match="there is no such file"):
        commands.chosen()


def test_settings_are_kept_closed_and_the_keys_stay(clone):
    local.keep_settings(CLUSTER_URL="postgres://a")
    keys = {name: local.settings()[name] for name in ("SECRET_KEY", "AUDIT_KEY", "FIELD_KEYS", "HASH_KEY")}
    first = keys["SECRET_KEY"]
    local.keep_settings(CLUSTER_URL="postgres://b?x=1")
    assert local.settings() == {**keys, "CLUSTER_URL": "postgres://b?x=1"}
    assert len(set(keys.values())) == 4
    assert stat.S_IMODE(paths.SETTINGS.stat().st_mode) == 0o600
    assert len(first) >= 50


def test_a_link_to_another_clones_files_is_refused_untouched(clone):
    local.keep_settings(CLUSTER_URL="postgres://theirs")
    theirs = paths.LOCAL.rename(clone / "theirs")
    paths.LOCAL.symlink_to(theirs)
    before = (theirs / "settings.env").read_text(encoding="utf-8")
    with pytest.raises(Stop, match="is a link"), local.locked():
        pass
    assert (theirs / "settings.env").read_text(encoding="utf-8") == before
    paths.LOCAL.unlink()


def test_a_step_is_done_for_its_inputs_only(clone):
    (clone / "input").write_text("one", encoding="utf-8")
    before = local.fingerprint([clone / "input"])
    local.mark_done("wangge_town:migrate", before)
    assert local.is_done("wangge_town:migrate", before)
    (clone / "input").write_text("two", encoding="utf-8")
    assert not local.is_done("wangge_town:migrate", local.fingerprint([clone / "input"]))
    local.forget("wangge_town:")
    assert not local.is_done("wangge_town:migrate", before)


def test_torn_stamps_are_no_stamps(clone):
    paths.STAMPS.write_text('{"half', encoding="utf-8")
    assert local.stamps() == {}


def test_a_busy_port_is_told_before_any_work(monkeypatch):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        number = busy.getsockname()[1]
        monkeypatch.setenv("PORT", str(number))
        with pytest.raises(Stop, match=f"(?s)Port {number} is busy.*PORT={number + 1}"):
            server.check_port()


@pytest.mark.parametrize("word", ["0", "70000", "eighty"])
def test_a_wrong_port(monkeypatch, word):
    monkeypatch.setenv("PORT", word)
    with pytest.raises(Stop, match="is no port"):
        server.check_port()


def test_missing_packages_are_listed_where_they_may_not_be_installed(monkeypatch):
    monkeypatch.setattr(system, "missing", lambda **_: ["gettext", "postgresql-postgis"])
    monkeypatch.setattr(system, "may_become_root", lambda: None)
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(Stop, match="apt-get install --no-install-recommends gettext postgresql-postgis"):
        system.install()


def test_nothing_missing_asks_nobody(monkeypatch):
    monkeypatch.setattr(system, "missing", lambda **_: [])
    monkeypatch.setattr(system, "may_become_root", lambda: pytest.fail("asked for a right it does not need"))
    system.install()


@pytest.mark.parametrize(
    ("there", "chosen", "root", "known", "called"),
    [
        ("chromium-headless-shell", "", [], 0, []),
        ("chromium", "/opt/browser", [], 0, []),
        ("chromium", "", None, 0, []),
        ("chromium", "", ["sudo"], 0, []),  # nobody is asked for a password for it
        ("chromium", "", [], 100, ["apt-cache"]),
        ("chromium", "", [], 0, ["apt-cache", "env"]),
        ("chromium", "", ["sudo", "-n"], 0, ["apt-cache", "sudo"]),
    ],
)
def test_a_browser_without_windows_is_preferred_and_never_needed(monkeypatch, there, chosen, root, known, called):
    ran = []

    def run(words, **how):
        ran.append(words)
        if words[0] == "apt-cache":
            return subprocess.CompletedProcess(words, known)
        raise subprocess.CalledProcessError(100, words)  # no network, say

    monkeypatch.setenv("CHROMIUM", chosen)
    monkeypatch.setattr(system, "may_become_root", lambda: root)
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/x/{name}" if name in (there, "apt-cache") else None)
    monkeypatch.setattr(system.subprocess, "run", run)
    system.prefer_without_windows()
    assert [words[0] for words in ran] == called
    assert all("--no-remove" in words and words[-1] == "chromium-headless-shell" for words in ran[1:])


def test_a_failed_step_ends_with_its_last_lines_and_the_remedy(clone):
    program = "import sys; print('writing'); sys.exit('write: No space left on device')"
    with pytest.raises(Stop, match=r"(?s)writing.*No space left on device.*The disk is full"):
        talk.run([sys.executable, "-c", program], name="write", cwd=clone)
    assert "No space left" in (paths.LOGS / "write.log").read_text(encoding="utf-8")


def test_a_folder_set_aside_keeps_what_is_in_it(clone):
    for text in ("one", "two"):
        folder = paths.LOCAL / "audit" / "town"
        folder.mkdir(parents=True)
        (folder / "head.json").write_text(text, encoding="utf-8")
        local.set_aside(folder)
    kept = sorted(path.read_text(encoding="utf-8") for path in (paths.LOCAL / "audit").glob("*/head.json"))
    assert kept == ["one", "two"]
    local.set_aside(paths.LOCAL / "audit" / "town")


def test_a_small_disk_is_told_before_a_first_set_up(clone, monkeypatch):
    monkeypatch.setattr(system, "ROOM_BYTES", 10**18)
    with pytest.raises(Stop, match="GB free"):
        system.check_room()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError(122, "Quota")])
def test_a_full_disk_is_a_sentence(monkeypatch, capsys, error):
    def full(words):
        raise error

    monkeypatch.setitem(commands.COMMANDS, "run", full)
    assert commands.main(["run"]) == 1
    assert "The disk is full" in capsys.readouterr().out


def test_a_wrong_translation_file_is_named(clone, monkeypatch):
    folder = clone / "gis" / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "a"\nmsgstr "b\n', encoding="utf-8")
    with pytest.raises(Stop, match=r"django\.po:\d"):
        messages.compile_all()


def test_an_unknown_command_lists_the_known_ones(capsys):
    assert commands.main(["fly"]) == 2
    assert "run" in capsys.readouterr().out


def test_a_stopped_server_is_gone_when_stop_returns():
    with subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()
        server.end(process.pid)
        assert process.wait(timeout=0.5) < 0


def test_a_number_written_down_by_a_program_long_gone_ends_nobody(clone):
    paths.SERVER.write_text(f"{os.getpid()}\n", encoding="utf-8")
    server.stop()
    assert not paths.SERVER.exists()
