-- A figure that cannot be had says why instead of being left out.
alter table measure alter column value drop not null;
alter table measure add column missing varchar;         -- why there is no value

create or replace view v_measure as
select s.coachee, s.coach, s.programme, s.number as session, s.date, m.phase, m.role, m.metric,
       m.value, m.n, m.lo, m.hi, m.missing, m.method_version, r.phases_by, m.recording_id
from measure m
join session s using (recording_id)
join recording r using (recording_id);

-- What the table over the sessions says of each phase: facts with quotes, candidates to look at.
create table statement (
    recording_id varchar not null,
    phase varchar not null,
    position integer not null,          -- from 1, over all phases of the session
    kind varchar not null,              -- fact or candidates
    grade varchar not null,             -- A or B for facts, C for candidates
    metric varchar not null,
    statement varchar not null,
    turns integer[] not null,           -- that are quoted
    quotes varchar[],                   -- their words
    confirmed integer,                  -- candidates that a person confirmed; null for facts
    candidates integer                  -- those that nobody has judged
);

-- What people wrote into the cells of that table; every text, the current one marked.
create table annotation (
    recording_id varchar not null,
    position integer not null,
    phase varchar,                      -- null: the whole session
    text varchar not null,
    who varchar not null,
    written_at timestamp not null,      -- UTC
    is_current boolean not null
);

-- The activity system of a programme as its people wrote it down, in dated versions.
create table programme_version (
    programme varchar not null,
    since date not null,
    object varchar not null,
    subject varchar not null,
    tools varchar not null,
    rules varchar not null,
    community varchar not null,
    division_of_labour varchar not null,
    outcomes varchar not null,
    approach varchar not null,
    schedule varchar not null,
    funding varchar not null,
    evidence varchar[],                 -- part: quote (source)
    training varchar[],
    glossary varchar,                   -- name and version; null: the one that ships
    kept_at timestamp not null          -- UTC
);

-- Phases by sessions: shares, facts, candidates and people's own words, the contribution last.
create view v_table3 as
with line as (
    select recording_id, line_order, line, 0 as position, 'share' as kind, 'A' as grade,
           'word_share' as metric, cell as text, null::integer[] as turns,
           null::varchar[] as quotes, null::integer as confirmed, null::integer as candidates,
           coach_percent, coachee_percent
    from v_progression
    union all
    select recording_id, phase_order(phase), phase, position, kind, grade, metric, statement,
           turns, quotes, confirmed, candidates, null, null
    from statement
    union all
    select recording_id, case when phase is null then 5 else phase_order(phase) end,
           coalesce(phase, '% contribution'), 1000, 'note', null, null, text, null, null, null,
           null, null, null
    from annotation where is_current
)
select s.coachee, s.coach, s.programme, l.line_order, l.line, s.number as session, s.date,
       l.position, l.kind, l.grade, l.metric, l.text, l.turns, l.quotes, l.confirmed,
       l.candidates, l.coach_percent, l.coachee_percent, l.recording_id
from line l join session s using (recording_id);
