"""Static files with a hash in their names, ES modules included, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import … from "…";` to hashed names; a missing file fails at collect time, not in the browser."""

    support_js_module_import_aggregation = True
