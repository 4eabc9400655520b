"""Rooms, services, people on duty, operators; whole former states of sites instead of their hours alone."""

import uuid

import django.contrib.gis.db.models.fields
import django.contrib.postgres.constraints
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import gis.shared.periods
import layers.sites.models.site


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0012_points_of_residents'),
        ('service_sites', '0002_former_hours'),
    ]

    operations = [
        migrations.CreateModel(
            name='SiteThen',
            fields=[
                ('valid_from', models.DateTimeField(default=django.utils.timezone.now, verbose_name='from')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('name_zh', models.CharField(max_length=120, verbose_name='Chinese name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('geometry', django.contrib.gis.db.models.fields.PointField(srid=4326, verbose_name='position')),
                ('address_zh', models.CharField(blank=True, max_length=200, verbose_name='address in Chinese')),
                ('address_en', models.CharField(blank=True, max_length=200, verbose_name='address in English')),
                ('hours', models.JSONField(blank=True, default=dict, validators=[layers.sites.models.site.checked_hours], verbose_name='opening hours')),
                ('operator_kind', models.CharField(blank=True, choices=[('', 'not known'), ('public', 'public body'), ('company', 'company'), ('association', 'association')], max_length=12, verbose_name='kind of operator')),
                ('operator_zh', models.CharField(blank=True, max_length=120, verbose_name='operator in Chinese')),
                ('operator_en', models.CharField(blank=True, max_length=120, verbose_name='operator in English')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone of the site')),
                ('step_free', models.CharField(blank=True, choices=[('', 'not known'), ('yes', 'without steps'), ('no', 'steps at the door')], max_length=4, verbose_name='without steps')),
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('opened_at', models.DateTimeField(verbose_name='in service since')),
            ],
            options={
                'verbose_name': 'site at a moment',
                'verbose_name_plural': 'sites at a moment',
                'db_table': 'service_sites_sitethen',
                'managed': False,
            },
        ),
        migrations.AddField(
            model_name='site',
            name='changed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='changed'),
        ),
        migrations.AddField(
            model_name='site',
            name='operator_en',
            field=models.CharField(blank=True, max_length=120, verbose_name='operator in English'),
        ),
        migrations.AddField(
            model_name='site',
            name='operator_kind',
            field=models.CharField(blank=True, choices=[('', 'not known'), ('public', 'public body'), ('company', 'company'), ('association', 'association')], max_length=12, verbose_name='kind of operator'),
        ),
        migrations.AddField(
            model_name='site',
            name='operator_zh',
            field=models.CharField(blank=True, max_length=120, verbose_name='operator in Chinese'),
        ),
        migrations.AddField(
            model_name='site',
            name='phone',
            field=models.CharField(blank=True, max_length=40, verbose_name='telephone of the site'),
        ),
        migrations.AddField(
            model_name='site',
            name='step_free',
            field=models.CharField(blank=True, choices=[('', 'not known'), ('yes', 'without steps'), ('no', 'steps at the door')], max_length=4, verbose_name='without steps'),
        ),
        migrations.AddField(
            model_name='sitekind',
            name='most',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='most in one area'),
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('valid_from', models.DateTimeField(default=django.utils.timezone.now, verbose_name='from')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('post_zh', models.CharField(max_length=80, verbose_name='post in Chinese')),
                ('post_en', models.CharField(blank=True, max_length=80, verbose_name='post in English')),
                ('hours', models.JSONField(blank=True, default=dict, validators=[layers.sites.models.site.checked_hours], verbose_name='hours of duty')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='order')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grids.person', verbose_name='person')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='service_sites.site', verbose_name='site')),
            ],
            options={
                'verbose_name': 'person on duty',
                'verbose_name_plural': 'people on duty',
                'ordering': ('order', 'post_zh'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='FormerSite',
            fields=[
                ('valid_from', models.DateTimeField(default=django.utils.timezone.now, verbose_name='from')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('name_zh', models.CharField(max_length=120, verbose_name='Chinese name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('geometry', django.contrib.gis.db.models.fields.PointField(srid=4326, verbose_name='position')),
                ('address_zh', models.CharField(blank=True, max_length=200, verbose_name='address in Chinese')),
                ('address_en', models.CharField(blank=True, max_length=200, verbose_name='address in English')),
                ('hours', models.JSONField(blank=True, default=dict, validators=[layers.sites.models.site.checked_hours], verbose_name='opening hours')),
                ('operator_kind', models.CharField(blank=True, choices=[('', 'not known'), ('public', 'public body'), ('company', 'company'), ('association', 'association')], max_length=12, verbose_name='kind of operator')),
                ('operator_zh', models.CharField(blank=True, max_length=120, verbose_name='operator in Chinese')),
                ('operator_en', models.CharField(blank=True, max_length=120, verbose_name='operator in English')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone of the site')),
                ('step_free', models.CharField(blank=True, choices=[('', 'not known'), ('yes', 'without steps'), ('no', 'steps at the door')], max_length=4, verbose_name='without steps')),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grids.area', verbose_name='area it serves')),
                ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='service_sites.sitekind', verbose_name='kind')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='former', to='service_sites.site', verbose_name='site')),
            ],
            options={
                'verbose_name': 'former state of a site',
                'verbose_name_plural': 'former states of sites',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Room',
            fields=[
                ('valid_from', models.DateTimeField(default=django.utils.timezone.now, verbose_name='from')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('name_zh', models.CharField(max_length=120, verbose_name='Chinese name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.UUIDField(default=uuid.uuid4, verbose_name='room')),
                ('floor', models.CharField(blank=True, max_length=20, verbose_name='floor')),
                ('capacity', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='people it holds')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='order')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='service_sites.site', verbose_name='site')),
            ],
            options={
                'verbose_name': 'room',
                'verbose_name_plural': 'rooms',
                'ordering': ('order', 'name_zh'),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateTimeField(default=django.utils.timezone.now, verbose_name='from')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('name_zh', models.CharField(max_length=120, verbose_name='Chinese name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('code', models.SlugField(max_length=60, unique=True, verbose_name='code')),
                ('order', models.PositiveIntegerField(default=0, verbose_name='order')),
                ('who_zh', models.CharField(blank=True, max_length=200, verbose_name='who may, in Chinese')),
                ('who_en', models.CharField(blank=True, max_length=200, verbose_name='who may, in English')),
                ('bring_zh', models.CharField(blank=True, max_length=200, verbose_name='what to bring, in Chinese')),
                ('bring_en', models.CharField(blank=True, max_length=200, verbose_name='what to bring, in English')),
                ('minutes', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='usual minutes')),
            ],
            options={
                'verbose_name': 'everyday service',
                'verbose_name_plural': 'everyday services',
                'ordering': ('order', 'code'),
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='service_sites_service_period_has_length')],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('valid_from', models.DateTimeField(default=django.utils.timezone.now, verbose_name='from')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('note_zh', models.CharField(blank=True, max_length=200, verbose_name='note in Chinese')),
                ('note_en', models.CharField(blank=True, max_length=200, verbose_name='note in English')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='service_sites.site', verbose_name='site')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='service_sites.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'service offered',
                'verbose_name_plural': 'services offered',
                'ordering': ('service__order', 'service__code'),
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='duty',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='service_sites_duty_period_has_length'),
        ),
        migrations.AddConstraint(
            model_name='formersite',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='service_sites_formersite_period_has_length'),
        ),
        migrations.AddConstraint(
            model_name='formersite',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', False)), name='service_sites_formersite_ended'),
        ),
        migrations.AddConstraint(
            model_name='formersite',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('site', '='), (gis.shared.periods.TsTzRange('valid_from', 'valid_until'), '&&')], name='service_sites_formersite_once'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='service_sites_room_period_has_length'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.CheckConstraint(condition=models.Q(('capacity__isnull', True), ('capacity__range', (1, 5000)), _connector='OR'), name='service_sites_room_holds_people'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('key', '='), (gis.shared.periods.TsTzRange('valid_from', 'valid_until'), '&&')], name='service_sites_room_once'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('site', '='), ('name_zh', '='), (gis.shared.periods.TsTzRange('valid_from', 'valid_until'), '&&')], name='service_sites_room_named_once'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='service_sites_offer_period_has_length'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('site', '='), ('service', '='), (gis.shared.periods.TsTzRange('valid_from', 'valid_until'), '&&')], name='service_sites_offer_once'),
        ),
    ]
