"""The tables of the catalogue, how an older catalogue is upgraded, and which constraints its rows must satisfy."""

from __future__ import annotations

VERSION = 5
TABLES = """
CREATE TABLE dataset (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL UNIQUE, folder TEXT NOT NULL,
    attributes TEXT, colour INTEGER NOT NULL, title TEXT NOT NULL DEFAULT '', added REAL NOT NULL
);
CREATE TABLE file (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, number INTEGER NOT NULL, path TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, hash TEXT NOT NULL DEFAULT '', there INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (dataset, number), UNIQUE (dataset, path)
) WITHOUT ROWID;
CREATE TABLE unreadable (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, path TEXT NOT NULL, reason TEXT NOT NULL,
    passing INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (dataset, path)
) WITHOUT ROWID;
CREATE TABLE calibration (
    fingerprint TEXT PRIMARY KEY, extractor TEXT NOT NULL, name TEXT NOT NULL DEFAULT '',
    chosen INTEGER NOT NULL DEFAULT 0, added REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE setting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, extractor TEXT NOT NULL, calibration TEXT NOT NULL,
    bins INTEGER NOT NULL, specification TEXT NOT NULL, layers TEXT NOT NULL, weights TEXT NOT NULL, used REAL NOT NULL,
    UNIQUE (extractor, calibration, bins)
);
CREATE TABLE shard (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,
    setting INTEGER NOT NULL REFERENCES setting, part TEXT NOT NULL, images INTEGER NOT NULL
);
CREATE INDEX shard_of ON shard (dataset, setting, part);
CREATE TABLE member (
    shard INTEGER NOT NULL REFERENCES shard ON DELETE CASCADE, position INTEGER NOT NULL, hash TEXT NOT NULL,
    path TEXT NOT NULL, reason TEXT, passing INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (shard, position)
) WITHOUT ROWID;
CREATE TABLE segment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,
    setting INTEGER NOT NULL REFERENCES setting, images INTEGER NOT NULL
);
CREATE TABLE extraction (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, setting INTEGER NOT NULL REFERENCES setting,
    part TEXT NOT NULL, shards TEXT NOT NULL, images INTEGER NOT NULL, finished REAL NOT NULL,
    PRIMARY KEY (dataset, setting, part)
) WITHOUT ROWID;
CREATE TABLE checked (
    segment INTEGER PRIMARY KEY REFERENCES segment ON DELETE CASCADE, stamp TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE share (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, setting INTEGER NOT NULL REFERENCES setting,
    every INTEGER NOT NULL, PRIMARY KEY (dataset, setting)
) WITHOUT ROWID;
CREATE TABLE tag (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, number INTEGER NOT NULL, tag TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (dataset, number, tag)
) WITHOUT ROWID;
CREATE TABLE comment (
    extractor TEXT NOT NULL, neuron TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (extractor, neuron)
) WITHOUT ROWID;
CREATE TABLE former (
    name TEXT PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE number (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE selection (name TEXT PRIMARY KEY, content TEXT NOT NULL, saved REAL NOT NULL) WITHOUT ROWID;
"""
UPGRADES = {
    1: "CREATE TABLE IF NOT EXISTS checked (segment INTEGER PRIMARY KEY REFERENCES segment ON DELETE CASCADE, stamp TEXT NOT NULL) "
    "WITHOUT ROWID",
    # Versions 1 and 2 blamed the file for every failure; temporary ones are tried again.
    2: """
ALTER TABLE member ADD COLUMN passing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE unreadable ADD COLUMN passing INTEGER NOT NULL DEFAULT 0;
UPDATE member SET passing = 1 WHERE reason LIKE 'it cannot be read (%' OR reason LIKE 'cannot be read (%' OR reason IN (
    'there is no such file', 'no permission to read it', 'the disk failed to read it', 'it does not fit into memory'
);
CREATE TABLE IF NOT EXISTS share (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, setting INTEGER NOT NULL REFERENCES setting,
    every INTEGER NOT NULL, PRIMARY KEY (dataset, setting)
) WITHOUT ROWID
""",
    3: """
CREATE TABLE IF NOT EXISTS tag (
    dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, number INTEGER NOT NULL, tag TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (dataset, number, tag)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comment (
    extractor TEXT NOT NULL, neuron TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (extractor, neuron)
) WITHOUT ROWID
""",
    4: """
CREATE TABLE IF NOT EXISTS former (
    name TEXT PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE, at REAL NOT NULL
) WITHOUT ROWID
""",
}  # upgrades from each version to the next
KEPT = (
    "dataset", "selection", "calibration", "file", "unreadable", "setting", "shard", "member", "segment", "extraction",
    "share", "tag", "comment", "former",
)  # fmt: skip
CONSISTENT = """
DELETE FROM file WHERE dataset NOT IN (SELECT id FROM dataset);
DELETE FROM unreadable WHERE dataset NOT IN (SELECT id FROM dataset);
DELETE FROM shard WHERE dataset NOT IN (SELECT id FROM dataset) OR setting NOT IN (SELECT id FROM setting);
DELETE FROM shard WHERE images != (SELECT count(*) FROM member WHERE member.shard = shard.id AND reason IS NULL);
DELETE FROM member WHERE shard NOT IN (SELECT id FROM shard);
DELETE FROM segment WHERE dataset NOT IN (SELECT id FROM dataset) OR setting NOT IN (SELECT id FROM setting);
DELETE FROM share WHERE dataset NOT IN (SELECT id FROM dataset) OR setting NOT IN (SELECT id FROM setting);
DELETE FROM former WHERE dataset NOT IN (SELECT id FROM dataset) OR name IN (SELECT name FROM dataset);
DELETE FROM tag WHERE dataset NOT IN (SELECT id FROM dataset);
DELETE FROM extraction WHERE dataset NOT IN (SELECT id FROM dataset) OR setting NOT IN (SELECT id FROM setting);
DELETE FROM extraction WHERE NOT json_valid(shards);
DELETE FROM extraction
    WHERE EXISTS (SELECT 1 FROM json_each(extraction.shards) WHERE value NOT IN (SELECT id FROM shard));
UPDATE number SET last = max(last, (SELECT coalesce(max(id), 0) FROM shard)) WHERE name = 'shard';
UPDATE number SET last = max(last, (SELECT coalesce(max(id), 0) FROM segment)) WHERE name = 'segment';
"""


def statements(script: str) -> list[str]:
    """The statements of a script, one by one: `executescript` would end the transaction they belong to."""
    return [statement for statement in script.split(";") if statement.strip()]
