"""PostgreSQL writes down whose rows have changed: the SQL of the triggers that migrations put on tables that figures
count. What is done with it is said in kept_days.py."""

#: rows changed by one statement, beyond which it is written down that anything may have changed
MANY = 200

TABLES = """
CREATE TABLE nps_touched (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NULL,
    at timestamptz NULL
);
CREATE TABLE nps_touchedday (day date PRIMARY KEY, version bigint NOT NULL);
INSERT INTO nps_touchedday VALUES ('0001-01-01', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
"""
NO_TABLES = "DROP TABLE nps_touchedday; DROP TABLE nps_touched;"

_ROWS = {
    "INSERT": ("REFERENCING NEW TABLE AS changed", "SELECT * FROM changed"),
    "DELETE": ("REFERENCING OLD TABLE AS changed", "SELECT * FROM changed"),
    "UPDATE": (
        "REFERENCING OLD TABLE AS before NEW TABLE AS changed",
        "SELECT * FROM before UNION ALL SELECT * FROM changed",
    ),
}


def triggers(table: str, customer: str, at: str = "NULL::timestamptz") -> str:
    """On `table`: every statement writes down the customers of the rows it changed (`customer`: SQL over a row `r`) and
    the time by which those were counted before (`at`), in its own transaction. A large one writes one line for all."""
    parts = []
    for event, (referencing, rows) in _ROWS.items():
        name = f"{table}_touched_{event.lower()}"
        parts.append(f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT count(*) > {MANY} FROM (SELECT 1 FROM changed LIMIT {MANY + 1}) few) THEN
        INSERT INTO nps_touched (customer_id) VALUES (NULL);
    ELSE
        INSERT INTO nps_touched (customer_id, at)
        SELECT DISTINCT {customer}, {"NULL::timestamptz" if event == "INSERT" else at} FROM ({rows}) r
        WHERE {customer} IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER touched_{event.lower()} AFTER {event} ON {table} {referencing}
    FOR EACH STATEMENT EXECUTE FUNCTION {name}();""")
    parts.append(f"""
CREATE FUNCTION {table}_touched_truncate() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO nps_touched (customer_id) VALUES (NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER touched_truncate AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_touched_truncate();""")
    return "\n".join(parts)


def no_triggers(table: str) -> str:
    """Takes them away again."""
    return "\n".join(
        f"DROP TRIGGER touched_{event} ON {table}; DROP FUNCTION {table}_touched_{event}();"
        for event in ("insert", "update", "delete", "truncate")
    )
