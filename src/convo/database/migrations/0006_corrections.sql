-- What people corrected: words, passages, candidates; with who and when, and what was there before.

alter table turn alter column text drop not null;       -- null: private
alter table turn add column passage varchar;            -- media, private or other; null: talk
alter table turn add column machine_text varchar;       -- where a person edited words; null elsewhere

alter table activity add column said_by varchar;        -- who confirmed that it is one
alter table turn_code add column said_by varchar;       -- who confirmed or changed the code

alter table correction rename to correction_before;

create table correction (
    recording_id varchar not null,
    position integer not null,
    name varchar not null,
    kind varchar not null,
    value varchar not null,             -- without what a person typed
    who varchar not null,
    said_at timestamp not null,         -- UTC
    in_force boolean not null           -- false: taken back
);

insert into correction         -- nothing could be taken back until now; names come with the next load
select recording_id, position, '', kind, value, who, said_at, true from correction_before;

drop table correction_before;

create table change (
    recording_id varchar not null,
    position integer not null,
    kind varchar not null,
    who varchar not null,
    day date not null,
    times integer not null,             -- corrections
    words integer not null              -- that they touched
);

create table passage (
    recording_id varchar not null,
    position integer not null,
    kind varchar not null,
    start_s double not null,
    end_s double not null,
    counted boolean not null            -- private, and both agreed that its words count
);

-- The shares before anybody corrected words or phases; none where nobody did.
create table machine_share as select * from share limit 0;

create or replace view v_turn as
select s.coachee, s.coach, s.programme, s.number as session, s.date, t.number as turn,
       t.speaker, t.role, t.passage, p.phase, p.cycle,
       case when r.phases_by is not null then null
            else case p.phase when 'orientation' then q.orientation when 'scrutiny' then q.scrutiny
                              when 'co-construction' then q.co_construction
                              when 'frame' then q.frame end
       end as phase_probability,
       r.phases_by, m.phase as machine_phase,
       t.start_s, t.end_s, round(t.end_s - t.start_s, 3) as seconds,
       clock(t.start_s) as start_clock, clock(t.end_s) as end_clock, t.words, t.text,
       t.machine_text, q.orientation as p_orientation, q.scrutiny as p_scrutiny,
       q.co_construction as p_co_construction, q.frame as p_frame, t.recording_id
from turn t
join session s using (recording_id)
join recording r using (recording_id)
left join phase_span p
    on p.recording_id = t.recording_id and t.number between p.start_turn and p.end_turn
left join machine_phase_span m
    on m.recording_id = t.recording_id and t.number between m.start_turn and m.end_turn
left join phase_probability q on q.recording_id = t.recording_id and q.turn = t.number;

create or replace view v_activity as
select s.coachee, s.coach, s.programme, s.number as session, s.date, a.position, a.set_turn,
       clock(t.start_s) as set_clock, p.phase,
       round(100.0 * a.set_turn / n.turns, 1) as set_percent,
       round(r.duration_s - t.end_s) as seconds_left,
       a.led, a.type, a.raised_by, a.term, a.framing, a.rushed, a.specific, a.response, a.load,
       a.probability, a.said_by, a.start_turn, a.end_turn, t.text as set_text, a.recording_id
from activity a
join session s using (recording_id)
join recording r using (recording_id)
join (select recording_id, count(*) as turns from turn group by recording_id) n
    using (recording_id)
left join turn t on t.recording_id = a.recording_id and t.number = a.set_turn
left join phase_span p
    on p.recording_id = a.recording_id and a.set_turn between p.start_turn and p.end_turn;

create or replace view v_turn_code as
select s.coachee, s.coach, s.programme, s.number as session, s.date, c.turn, t.role, p.phase,
       r.phases_by, c.code, c.probability, c.words, f.flags, c.said_by, t.start_s,
       clock(t.start_s) as start_clock, t.text, c.recording_id
from turn_code c
join session s using (recording_id)
join recording r using (recording_id)
join turn t on t.recording_id = c.recording_id and t.number = c.turn
left join phase_span p
    on p.recording_id = c.recording_id and c.turn between p.start_turn and p.end_turn
left join (
    select recording_id, turn,
           string_agg(flag || coalesce(':' || artefact, ''), ';' order by flag, artefact) as flags
    from turn_flag group by recording_id, turn
) f on f.recording_id = c.recording_id and f.turn = c.turn;

create view v_correction as
select s.coachee, s.coach, s.programme, s.number as session, s.date, c.position, c.kind, c.value,
       c.who, c.said_at, c.in_force, c.name, c.recording_id
from correction c
join session s using (recording_id);

create view v_change as
select s.coachee, s.coach, s.programme, s.number as session, s.date, c.position, c.kind, c.who,
       c.day, c.times, c.words,
       round(100.0 * c.words / nullif(n.words, 0), 1) as percent_of_words, c.recording_id
from change c
join session s using (recording_id)
left join (select recording_id, sum(words) as words from turn group by recording_id) n
    using (recording_id);

create view v_passage as
select s.coachee, s.coach, s.programme, s.number as session, s.date, p.position, p.kind, p.start_s,
       p.end_s, clock(p.start_s) as start_clock, clock(p.end_s) as end_clock, p.counted,
       p.recording_id
from passage p
join session s using (recording_id);

create view v_share_change as
select s.coachee, s.coach, s.programme, s.number as session, s.date, h.phase, h.role,
       m.words as words_before, h.words as words_after,
       m.percent as percent_before, h.percent as percent_after, h.recording_id
from share h
join session s using (recording_id)
left join machine_share m
    on m.recording_id = h.recording_id and m.role = h.role
       and m.phase is not distinct from h.phase
where exists (select 1 from machine_share x where x.recording_id = h.recording_id);
