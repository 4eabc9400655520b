"""Static files with a hash in their names, ES modules included, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import … from "…";` to hashed names; a missing file fails at collect time, not in the browser.

    A statement begins a line and holds no quote before its address. Django's own patterns know neither: there, the
    word "export" in a comment swallows the imports below it, whose names are then hashed twice.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "*.js",
        (
            (
                r"""(?m)^(?P<matched>import(?P<names>[\s{*][^;'"]*?)\s*from\s*['"](?P<url>[./][^'"]*)['"]\s*;)""",
                """import%(names)s from "%(url)s";""",
            ),
            (
                r"""(?m)^(?P<matched>export(?P<names>[\s{*][^;'"]*?)\s*from\s*['"](?P<url>[./][^'"]*)['"]\s*;)""",
                """export%(names)s from "%(url)s";""",
            ),
            (
                r"""(?m)^(?P<matched>import\s*['"](?P<url>[./][^'"]*)['"]\s*;)""",
                """import "%(url)s";""",
            ),
            (
                r"""(?P<matched>import\(['"](?P<url>[./][^'"]*)['"]\))""",
                """import("%(url)s")""",
            ),
        ),
    )
