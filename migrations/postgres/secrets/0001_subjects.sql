-- Secrets of subjects, wrapped by a key that is not here. `patient` is a keyed digest of the patient's id.
CREATE TABLE cxrledger_secrets.subjects (
    log     text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    wrapped bytea NOT NULL,
    patient bytea,
    PRIMARY KEY (log, subject)
);

CREATE UNIQUE INDEX subjects_by_patient ON cxrledger_secrets.subjects (log, patient) WHERE patient IS NOT NULL;
