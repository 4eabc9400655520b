"""The guard knows each move by its verb, and what is stored already gets the clocks and duties that came with it."""

from django.db import migrations

# As workflow.MOVES was when this was written ("=": the state stays); a test compares the guard's table with the module.
MOVES = [
    "report:  > reported",
    "accept: reported > accepted",
    "refuse: reported > refused",
    "settle: reported > closed",
    "dispatch: accepted returned reopened > dispatched",
    "sign: dispatched > signed",
    "start: signed > in_hand",
    "handle: in_hand > handled",
    "pause: in_hand > paused",
    "resume: paused > in_hand",
    "return: dispatched signed in_hand > returned",
    "verify: handled > verified",
    "redo: handled > in_hand",
    "close: verified > closed",
    "rate: closed > rated",
    "reopen: closed rated > reopened",
    "transfer: dispatched signed in_hand paused > dispatched",
    "escalate: dispatched signed in_hand paused returned > dispatched",
    "relocate: reported accepted returned reopened dispatched signed in_hand paused > =",
    "request: dispatched signed in_hand paused > =",
    "extend: dispatched signed in_hand paused > =",
    "reply: accepted returned reopened dispatched signed in_hand paused handled verified > =",
    "whistle: accepted returned reopened dispatched signed in_hand paused > =",
    "check_in: accepted returned reopened dispatched signed in_hand paused > =",
    "merge: reported accepted returned reopened dispatched signed in_hand paused > merged",
    "separate: merged > accepted",
    "follow: merged > closed",
    "split: accepted returned reopened dispatched signed in_hand paused > =",
    "link: reported accepted refused dispatched signed returned in_hand paused handled verified closed reopened merged rated > =",
]
STEPS = [
    (verb, source, source if target == "=" else target)
    for verb, sources, target in (
        (line.split(":")[0], line.split(":")[1].split(">")[0].split() or [""], line.split("> ")[1]) for line in MOVES
    )
    for source in sources
]
ROWS = ", ".join(f"('{verb}', '{source}', '{target}')" for verb, source, target in STEPS)

DUTIES = [
    ("publicity", "政策宣传", "Policy publicity", 1),
    ("inspection", "隐患排查", "Hazard inspection", 2),
    ("mediation", "矛盾调解", "Mediation", 3),
    ("visits", "走访慰问", "Visits", 4),
    ("information", "信息采集", "Information collection", 5),
    ("convenience", "便民服务", "Convenience services", 6),
    ("environment", "环境整治", "Environment", 7),
    ("order", "治安巡防", "Public order", 8),
    ("assistance", "协助部门", "Assisting departments", 9),
    ("emergency", "应急处置", "Emergencies", 10),
]
DUTY_OF = {
    "convenience": "street_lamp water_supply heating leaking_roof errand",
    "assistance": "road_damage road_sign drain_blocked",
    "emergency": "lift_fault",
    "inspection": "charging_pile blocked_exit illegal_structure wire_hazard",
    "environment": "litter restaurant_fumes noise greenery stray_animal",
    "order": "parking",
    "mediation": "neighbour_quarrel",
    "visits": "elder_care",
}
PUBLIC = "street_lamp road_damage road_sign drain_blocked water_supply heating "
PUBLIC += "litter greenery stray_animal parking blocked_exit wire_hazard"

FORWARD = """
ALTER TABLE tickets_allowed_move DROP CONSTRAINT tickets_allowed_move_pkey;
DELETE FROM tickets_allowed_move;
ALTER TABLE tickets_allowed_move ADD COLUMN verb varchar(12) NOT NULL;
ALTER TABLE tickets_allowed_move ADD PRIMARY KEY (verb, from_state, to_state);
INSERT INTO tickets_allowed_move (verb, from_state, to_state) VALUES $ROWS;
CREATE INDEX tickets_allowed_change ON tickets_allowed_move (from_state, to_state);

-- A step says what was done: the verb, the state it left and the state it entered must be one row of the table.
CREATE OR REPLACE FUNCTION tickets_guard_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM tickets_allowed_move
                   WHERE verb = NEW.verb AND from_state = NEW.from_state AND to_state = NEW.to_state)
       OR (NEW.verb = 'report') IS DISTINCT FROM (NEW.seq = 1)
       OR (NEW.seq > 1 AND NOT EXISTS (
               SELECT 1 FROM tickets_ticketevent before
               WHERE before.ticket_id = NEW.ticket_id AND before.seq = NEW.seq - 1
                 AND before.to_state = NEW.from_state AND before.at <= NEW.at)) THEN
        RAISE EXCEPTION 'event % of ticket % does not follow the one before it', NEW.seq, NEW.ticket_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_event_follows';
    END IF;
    RETURN NEW;
END $$;
""".replace("$ROWS", ROWS)

# Only what waits to be accepted has the new reply clock, only what waits to be verified the new verify clock. Steps
# are append-only: their guard rests while they are told what was due then.
CLOCKS = """
UPDATE tickets_category SET reply_hours = CASE urgency WHEN 'urgent' THEN 1 WHEN 'high' THEN 2 ELSE 24 END,
    verify_hours = CASE urgency WHEN 'urgent' THEN 24 WHEN 'high' THEN 24 WHEN 'low' THEN 168 ELSE 72 END;
UPDATE tickets_ticket t SET reply_due_at = t.reported_at + c.reply_hours * interval '1 hour',
    due_at = least(t.due_at, t.reported_at + c.reply_hours * interval '1 hour')
    FROM tickets_category c WHERE c.id = t.category_id AND t.state = 'reported';
UPDATE tickets_ticket t SET verify_due_at = t.changed_at + c.verify_hours * interval '1 hour',
    due_at = t.changed_at + c.verify_hours * interval '1 hour'
    FROM tickets_category c WHERE c.id = t.category_id AND t.state = 'handled';
ALTER TABLE tickets_ticketevent DISABLE TRIGGER tickets_event_append_only;
UPDATE tickets_ticketevent e SET due_at = CASE e.verb WHEN 'report'
        THEN least(e.due_at, e.at + c.reply_hours * interval '1 hour')
        ELSE e.at + c.verify_hours * interval '1 hour' END
    FROM tickets_ticket t JOIN tickets_category c ON c.id = t.category_id
    WHERE t.id = e.ticket_id
        AND (e.verb = 'handle' OR e.verb = 'report' AND e.due_at > e.at + c.reply_hours * interval '1 hour');
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE tickets_ticketevent ENABLE TRIGGER tickets_event_append_only;
"""


def duties(apps, editor):
    """In a place that has categories already: the ten duties, and which of them each category belongs to."""
    category, duty = apps.get_model("tickets", "Category"), apps.get_model("tickets", "Duty")
    if not category.objects.exists():
        return
    for code, name_zh, name_en, order in DUTIES:
        duty.objects.get_or_create(code=code, defaults={"name_zh": name_zh, "name_en": name_en, "order": order})
    for code, categories in DUTY_OF.items():
        category.objects.filter(code__in=categories.split()).update(duty_id=code)
    category.objects.filter(code__in=PUBLIC.split()).update(private=False)


class Migration(migrations.Migration):
    """The guard of the whole table; clocks and duties of what is there."""

    dependencies = [("tickets", "0006_duties_reasons_and_the_whole_table")]
    operations = [
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
        migrations.RunSQL(CLOCKS, migrations.RunSQL.noop),
        migrations.RunPython(duties, migrations.RunPython.noop),
    ]
