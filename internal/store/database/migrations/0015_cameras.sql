-- What operators set of cameras (package cameras): name, site and camera_group are
-- empty for none. Times are seconds. expected_interval is null where the camera's
-- usual pause tells how often it sends; silent_after is null where the interval
-- or the usual pause decides, and 0 where the camera may be silent for any time.
ALTER TABLE camera_settings RENAME TO former_camera_settings;
CREATE TABLE camera_settings (
    camera            TEXT PRIMARY KEY,
    name              TEXT NOT NULL DEFAULT '',
    site              TEXT NOT NULL DEFAULT '',
    camera_group      TEXT NOT NULL DEFAULT '',
    expected_interval INTEGER,
    silent_after      INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO camera_settings (camera, silent_after) SELECT camera, silent_after FROM former_camera_settings;
DROP TABLE former_camera_settings;
