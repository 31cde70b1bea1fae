-- Everything belongs to a recording; the loader replaces all rows of a recording at once.
-- Times are seconds from the start of the recording, shares lie between 0 and 1, percents are 0 to 100.

create table recording (
    recording_id varchar primary key,   -- SHA-256 of the file
    name varchar not null,
    duration_s double not null,
    channels integer,
    sample_rate_hz integer,
    container varchar,
    bytes bigint,
    language varchar,
    language_probability double,
    engine varchar,                     -- what wrote the words
    model varchar,
    diarization varchar,                -- what told the speakers apart
    phase_method varchar,
    speech_s double,
    wordless_s double,
    redecoded_s double,
    run varchar not null,               -- folder of the artefacts these rows come from
    made_by varchar not null,
    processed_at timestamp not null     -- UTC
);

create table session (
    recording_id varchar primary key,
    coachee varchar not null,
    coach varchar not null,
    programme varchar not null,
    number integer not null,
    date date not null
);

create table word (
    recording_id varchar not null,
    position integer not null,          -- from 1
    text varchar not null,
    start_s double not null,
    end_s double not null,
    probability double,
    speaker varchar,                    -- null: unattributed
    words integer not null              -- by the counting rule: mostly 1, 0 for a lone dash
);

create table removed_text (
    recording_id varchar not null,
    position integer not null,
    text varchar not null,
    start_s double not null,
    end_s double not null,
    reason varchar not null
);

create table wordless (
    recording_id varchar not null,
    start_s double not null,
    end_s double not null
);

create table attempt (
    recording_id varchar,               -- null: the file could not be read as a recording
    file varchar not null,
    coachee varchar,
    coach varchar,
    number integer,
    state varchar not null,             -- running, done, failed, interrupted
    message varchar,                    -- why it failed, and the remedy
    changed_at timestamp not null       -- UTC
);

create table speaker_segment (
    recording_id varchar not null,
    start_s double not null,
    end_s double not null,
    speaker varchar not null,
    exclusive boolean not null          -- true: the form without overlap
);

create table turn (
    recording_id varchar not null,
    number integer not null,            -- from 1
    speaker varchar,
    role varchar,
    start_s double,
    end_s double,
    text varchar not null,
    words integer not null
);

create table phase_probability (
    recording_id varchar not null,
    turn integer not null,
    orientation double,
    scrutiny double,
    co_construction double,
    frame double
);

create table phase_span (
    recording_id varchar not null,
    position integer not null,
    phase varchar not null,
    cycle integer not null,
    start_turn integer not null,
    end_turn integer not null,
    probability double
);

create table boundary (
    recording_id varchar not null,
    turn integer not null,              -- first turn of the phase after
    phase_before varchar not null,
    phase_after varchar not null,
    earliest_turn integer not null,
    latest_turn integer not null,
    probability double,
    evidence integer[]
);

create table share (
    recording_id varchar not null,
    phase varchar,                      -- null: the whole session
    role varchar not null,
    words integer not null,
    total_words integer not null,
    percent integer,
    low double,
    high double,
    seconds double,
    total_seconds double,
    turns integer not null,
    median_turn_words double,
    longest_turn_words integer,
    words_without_backchannels integer,
    total_without_backchannels integer,
    unattributed_words integer not null,
    withheld boolean not null,
    caution varchar
);

create table role (
    recording_id varchar not null,
    speaker varchar not null,
    role varchar not null,
    probability double,                 -- that the coach is the coach
    source varchar not null,            -- person, voice, channel or talk
    evidence varchar[]
);

create table review (
    recording_id varchar not null,
    position integer not null,
    about varchar not null,             -- roles, phases or session
    reason varchar not null
);

create table correction (
    recording_id varchar not null,
    position integer not null,
    kind varchar not null,
    value varchar not null,
    who varchar not null,
    said_at timestamp not null          -- UTC
);

create table provenance (
    recording_id varchar not null,
    key varchar not null,
    value varchar not null
);

create table measure (
    recording_id varchar not null,
    phase varchar,
    role varchar,
    metric varchar not null,
    value double not null,
    n integer,                          -- words, seconds or turns the value rests on
    lo double,
    hi double,
    method_version varchar not null
);
