"""What a person says and shows; the heart."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MoodsConfig(AppConfig):
    """Moods."""

    name = "moods"
    verbose_name = _("마음")

    def ready(self) -> None:
        from accounts import exports as registry
        from accounts import seeding, withdrawals
        from accounts.choices import Purpose
        from moods import demo, exports
        from moods.panel import wiring as panel
        from moods.portable import wiring as portable
        from moods.scales import wiring as scales
        from moods.services import failed_photos_end, kept_photos_end

        registry.register("moods", exports.export, exports.erase)
        withdrawals.register(Purpose.EMOTION, "moods", failed_photos_end)
        withdrawals.register(Purpose.PHOTO_KEEP, "moods", kept_photos_end)
        seeding.register(20, "moods", demo.seed_entries)
        panel.ready()
        scales.ready()
        portable.ready()
