-- What was agreed for between the sessions, as candidates, and whether the next session speaks of it.

create table activity (
    recording_id varchar not null,
    position integer not null,          -- from 1, in the order in which they are settled
    start_turn integer not null,
    end_turn integer not null,
    set_turn integer not null,
    led varchar not null,               -- coach, client or collaborative
    type varchar not null,              -- do, reflect or mixed
    raised_by varchar,
    term varchar,                       -- the speakers' own word; null: they gave it no name
    framing varchar not null,
    rushed boolean not null,
    specific integer not null,          -- 0 to 4: what, when, where or with whom, how much
    response varchar not null,
    load boolean not null,
    probability double not null         -- that it is one
);

create table followup (
    recording_id varchar not null,      -- of the later session
    earlier_recording_id varchar not null,
    activity integer not null,          -- its position in the earlier session
    spoken boolean not null,            -- spoken about, or not
    spoken_by varchar,                  -- who brought it up
    turn integer,                       -- the first turn about it
    turns integer[] not null,
    status varchar not null,            -- what the coachee says of it, never what happened
    probability double not null         -- that "spoken" is right
);

create view v_activity as
select s.coachee, s.coach, s.programme, s.number as session, s.date, a.position, a.set_turn,
       clock(t.start_s) as set_clock, p.phase,
       round(100.0 * a.set_turn / n.turns, 1) as set_percent,
       round(r.duration_s - t.end_s) as seconds_left,
       a.led, a.type, a.raised_by, a.term, a.framing, a.rushed, a.specific, a.response, a.load,
       a.probability, a.start_turn, a.end_turn, t.text as set_text, a.recording_id
from activity a
join session s using (recording_id)
join recording r using (recording_id)
join (select recording_id, count(*) as turns from turn group by recording_id) n
    using (recording_id)
left join turn t on t.recording_id = a.recording_id and t.number = a.set_turn
left join phase_span p
    on p.recording_id = a.recording_id and a.set_turn between p.start_turn and p.end_turn;

create view v_followup as
select l.coachee, l.coach, l.programme, l.number as session, l.date, e.number as set_in_session,
       f.activity, a.led, a.type, a.term, f.spoken, f.spoken_by, f.turn, f.turns, f.status,
       f.probability, q.text as set_text, t.text as said, f.earlier_recording_id, f.recording_id
from followup f
join session l using (recording_id)
join session e on e.recording_id = f.earlier_recording_id
join activity a on a.recording_id = f.earlier_recording_id and a.position = f.activity
left join turn q on q.recording_id = f.earlier_recording_id and q.number = a.set_turn
left join turn t on t.recording_id = f.recording_id and t.number = f.turn;
