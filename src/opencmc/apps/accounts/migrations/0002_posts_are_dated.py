"""A person may hold several posts, each from a day until another. Posts given before count from the first of 2020."""

from datetime import date

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="post",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="posts", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="post", name="start", field=models.DateField(default=date(2020, 1, 1), verbose_name="起"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="post", name="end", field=models.DateField(blank=True, null=True, verbose_name="止（不含）")
        ),
    ]
