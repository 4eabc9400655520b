"""The last guard of tickets: only moves of the table, events only added, and a state that is its last event's."""

from django.db import migrations

# As workflow.pairs() was when this was written; a test compares the trigger's table with the module.
PAIRS = [
    "reported>accepted",
    "reported>refused",
    "reported>closed",
    "accepted>dispatched",
    "returned>dispatched",
    "reopened>dispatched",
    "dispatched>signed",
    "dispatched>returned",
    "signed>returned",
    "in_hand>returned",
    "signed>in_hand",
    "in_hand>paused",
    "paused>in_hand",
    "in_hand>handled",
    "handled>verified",
    "handled>in_hand",
    "verified>closed",
    "closed>reopened",
]
ROWS = ", ".join(f"('{source}', '{target}')" for source, target in (pair.split(">") for pair in PAIRS))

FORWARD = """
CREATE TABLE tickets_allowed_move (from_state varchar(12), to_state varchar(12), PRIMARY KEY (from_state, to_state));
INSERT INTO tickets_allowed_move VALUES $ROWS;

CREATE FUNCTION tickets_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ticket events are append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'tickets_event_append_only';
END $$;
CREATE TRIGGER tickets_event_append_only BEFORE UPDATE OR DELETE ON tickets_ticketevent
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_change();
CREATE TRIGGER tickets_event_no_truncate BEFORE TRUNCATE ON tickets_ticketevent
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_refuse_change();
CREATE TRIGGER tickets_ticket_is_kept BEFORE DELETE ON tickets_ticket
    FOR EACH ROW EXECUTE FUNCTION tickets_refuse_change();
CREATE TRIGGER tickets_ticket_no_truncate BEFORE TRUNCATE ON tickets_ticket
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_refuse_change();

CREATE FUNCTION tickets_guard_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM tickets_allowed_move
                   WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'ticket %: no move from % to %', NEW.number, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_allowed_move';
    END IF;
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'ticket %: a move makes a new version', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_version_grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tickets_guard_move BEFORE UPDATE OF state ON tickets_ticket
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION tickets_guard_move();

CREATE FUNCTION tickets_guard_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq = 1 AND NEW.from_state = '' AND NEW.to_state = 'reported' THEN RETURN NEW; END IF;
    IF NOT EXISTS (SELECT 1 FROM tickets_allowed_move
                   WHERE from_state = NEW.from_state AND to_state = NEW.to_state)
       OR NOT EXISTS (SELECT 1 FROM tickets_ticketevent before
                      WHERE before.ticket_id = NEW.ticket_id AND before.seq = NEW.seq - 1
                        AND before.to_state = NEW.from_state AND before.at <= NEW.at) THEN
        RAISE EXCEPTION 'event % of ticket % does not follow the one before it', NEW.seq, NEW.ticket_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_event_follows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tickets_guard_event BEFORE INSERT ON tickets_ticketevent
    FOR EACH ROW EXECUTE FUNCTION tickets_guard_event();

-- At commit, whatever order the rows were written in: the ticket stands where its last event left it.
CREATE FUNCTION tickets_guard_agreement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ticket tickets_ticket%ROWTYPE;
    last_state varchar(12);
BEGIN
    SELECT * INTO ticket FROM tickets_ticket
        WHERE id = CASE TG_TABLE_NAME WHEN 'tickets_ticket' THEN (to_jsonb(NEW)->>'id')::uuid
                                      ELSE (to_jsonb(NEW)->>'ticket_id')::uuid END;
    SELECT to_state INTO last_state FROM tickets_ticketevent
        WHERE ticket_id = ticket.id ORDER BY seq DESC LIMIT 1;
    IF last_state IS DISTINCT FROM ticket.state THEN
        RAISE EXCEPTION 'ticket % is % but its last event says %', ticket.number, ticket.state, last_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_state_is_last_event';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER tickets_ticket_agrees AFTER INSERT OR UPDATE OF state ON tickets_ticket
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tickets_guard_agreement();
CREATE CONSTRAINT TRIGGER tickets_event_agrees AFTER INSERT ON tickets_ticketevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tickets_guard_agreement();
""".replace("$ROWS", ROWS)
BACKWARD = """
DROP TRIGGER tickets_event_agrees ON tickets_ticketevent;
DROP TRIGGER tickets_ticket_agrees ON tickets_ticket;
DROP TRIGGER tickets_guard_event ON tickets_ticketevent;
DROP TRIGGER tickets_guard_move ON tickets_ticket;
DROP TRIGGER tickets_ticket_is_kept ON tickets_ticket;
DROP TRIGGER tickets_ticket_no_truncate ON tickets_ticket;
DROP TRIGGER tickets_event_append_only ON tickets_ticketevent;
DROP TRIGGER tickets_event_no_truncate ON tickets_ticketevent;
DROP FUNCTION tickets_guard_agreement();
DROP FUNCTION tickets_guard_event();
DROP FUNCTION tickets_guard_move();
DROP FUNCTION tickets_refuse_change();
DROP TABLE tickets_allowed_move;
"""


class Migration(migrations.Migration):
    """Guards of states and events."""

    dependencies = [("tickets", "0001_tickets_and_their_events")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
