-- Secrets of subjects, wrapped by a key that is not here. `patient` is a keyed digest of the patient's id.
CREATE TABLE subjects (
    log     TEXT NOT NULL,
    subject TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    patient BLOB,
    PRIMARY KEY (log, subject)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX subjects_by_patient ON subjects (log, patient) WHERE patient IS NOT NULL;
