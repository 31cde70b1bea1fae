-- What turns do: one code a turn, flags beside it. Figures made of them go into measure. Phases are
-- those that count: a person's where somebody put them right.
create table turn_code (
    recording_id varchar not null,
    turn integer not null,
    code varchar not null,              -- codebook, section 3
    probability double not null,        -- of that code
    words varchar[],                    -- of the turn, that speak for it
    p_ask double, p_rfl double, p_inf double, p_sug double, p_chl double, p_aff double,
    p_des double, p_eva double, p_rea double, p_com double, p_bck double, p_frm double
);

create table turn_flag (
    recording_id varchar not null,
    turn integer not null,
    flag varchar not null,
    artefact varchar,                   -- its type, for ART
    joint boolean not null,             -- the other refers to the same type within four turns
    probability double not null,
    words varchar[]
);

create view v_turn_code as
select s.coachee, s.coach, s.programme, s.number as session, s.date, c.turn, t.role, p.phase,
       r.phases_by, c.code, c.probability, c.words, f.flags, t.start_s,
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

create view v_measure as
select s.coachee, s.coach, s.programme, s.number as session, s.date, m.phase, m.role, m.metric,
       m.value, m.n, m.lo, m.hi, m.method_version, r.phases_by, m.recording_id
from measure m
join session s using (recording_id)
join recording r using (recording_id);
