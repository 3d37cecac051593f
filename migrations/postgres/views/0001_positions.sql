-- How far each following projection has come. Its tables are made when it is first asked for, and can always be made
-- again from the log.
CREATE TABLE cxrledger_views.positions (
    log        text COLLATE "C" NOT NULL,
    projection text COLLATE "C" NOT NULL,
    generation text COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    position   bigint NOT NULL,
    PRIMARY KEY (log, projection, generation)
);

-- Short names for the tables of a log.
CREATE TABLE cxrledger_views.logs (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin text COLLATE "C" NOT NULL UNIQUE
);
