-- Phases that a person put right count; what the machine found stays beside them.

alter table recording add column phases_by varchar;     -- who put the phases right; null: nobody
alter table recording add column phases_on date;

create table machine_phase_span as select * from phase_span;
create table machine_boundary as select * from boundary;

create or replace view v_session as
select s.coachee, s.coach, s.programme, s.number as session, s.date, r.name as recording,
       round(r.duration_s / 60, 1) as minutes,
       (select count(*) from turn t where t.recording_id = s.recording_id) as turns,
       (select coalesce(sum(t.words), 0)::integer from turn t where t.recording_id = s.recording_id)
           as words,
       round(100 * r.wordless_s / nullif(r.speech_s, 0), 1) as wordless_percent,
       exists (from review v where v.recording_id = s.recording_id) as needs_review,
       r.language, r.engine, r.model, r.diarization, r.phase_method, r.phases_by, r.phases_on,
       r.made_by, r.processed_at, s.recording_id, r.run
from session s join recording r using (recording_id);

-- What the machine thinks of a turn is no probability of a phase that a person gave it.
create or replace view v_turn as
select s.coachee, s.coach, s.programme, s.number as session, s.date, t.number as turn,
       t.speaker, t.role, p.phase, p.cycle,
       case when r.phases_by is not null then null
            else case p.phase when 'orientation' then q.orientation when 'scrutiny' then q.scrutiny
                              when 'co-construction' then q.co_construction
                              when 'frame' then q.frame end
       end as phase_probability,
       r.phases_by, m.phase as machine_phase,
       t.start_s, t.end_s, round(t.end_s - t.start_s, 3) as seconds,
       clock(t.start_s) as start_clock, clock(t.end_s) as end_clock, t.words, t.text,
       q.orientation as p_orientation, q.scrutiny as p_scrutiny,
       q.co_construction as p_co_construction, q.frame as p_frame, t.recording_id
from turn t
join session s using (recording_id)
join recording r using (recording_id)
left join phase_span p
    on p.recording_id = t.recording_id and t.number between p.start_turn and p.end_turn
left join machine_phase_span m
    on m.recording_id = t.recording_id and t.number between m.start_turn and m.end_turn
left join phase_probability q on q.recording_id = t.recording_id and q.turn = t.number;

create or replace view v_phase as
select s.coachee, s.coach, s.programme, s.number as session, s.date, p.position, p.phase, p.cycle,
       p.probability, p.start_turn, p.end_turn, min(t.start_s) as start_s, max(t.end_s) as end_s,
       clock(min(t.start_s)) as start_clock, clock(max(t.end_s)) as end_clock,
       coalesce(sum(t.words), 0)::integer as words, r.phases_by, p.recording_id
from phase_span p
join session s using (recording_id)
join recording r using (recording_id)
left join turn t
    on t.recording_id = p.recording_id and t.number between p.start_turn and p.end_turn
group by all;

create or replace view v_boundary as
select s.coachee, s.coach, s.programme, s.number as session, s.date, b.turn, b.phase_before,
       b.phase_after, b.probability, b.earliest_turn, b.latest_turn, t.start_s,
       e.start_s as earliest_s, l.start_s as latest_s, clock(t.start_s) as start_clock,
       clock(e.start_s) as earliest_clock, clock(l.start_s) as latest_clock, b.evidence,
       r.phases_by, b.recording_id
from boundary b
join session s using (recording_id)
join recording r using (recording_id)
left join turn t on t.recording_id = b.recording_id and t.number = b.turn
left join turn e on e.recording_id = b.recording_id and e.number = b.earliest_turn
left join turn l on l.recording_id = b.recording_id and l.number = b.latest_turn;

create or replace view v_phase_share as
select s.coachee, s.coach, s.programme, s.number as session, s.date, h.phase, h.role, h.words,
       h.total_words, h.percent, round(100 * h.low, 1) as low_percent,
       round(100 * h.high, 1) as high_percent, h.unattributed_words,
       round(100.0 * h.unattributed_words
             / nullif(h.total_words + h.unattributed_words, 0), 1) as unattributed_percent,
       case when not h.withheld then round(100.0 * h.words_without_backchannels
             / nullif(h.total_without_backchannels, 0), 1) end as percent_without_backchannels,
       h.seconds, case when not h.withheld
             then round(100 * h.seconds / nullif(h.total_seconds, 0), 1) end as seconds_percent,
       h.turns, h.median_turn_words, h.longest_turn_words, h.withheld, h.caution, r.phases_by,
       h.recording_id, r.run
from share h
join session s using (recording_id)
join recording r using (recording_id)
where h.phase is not null;

create or replace view v_progression as
with line as (
    select recording_id, coalesce(phase, '% contribution') as line,
           case when phase is null then 5 else phase_order(phase) end as line_order,
           max(percent) filter (where role = 'coach') as coach_percent,
           max(percent) filter (where role = 'coachee') as coachee_percent,
           max(total_words) as words, bool_or(withheld) as withheld,
           string_agg(distinct caution, ' ') as caution
    from share where role in ('coach', 'coachee') group by all
)
select s.coachee, s.coach, s.programme, l.line_order, l.line, s.number as session, s.date,
       l.coach_percent, l.coachee_percent,
       case when l.withheld then 'withheld' when l.words = 0 then 'nobody spoke'
            else l.coach_percent || '/' || l.coachee_percent end as cell,
       l.words, round(100.0 * l.words / nullif(whole.words, 0), 1) as percent_of_session,
       l.caution, r.phases_by, l.recording_id
from line l
join session s using (recording_id)
join recording r using (recording_id)
left join line whole on whole.recording_id = l.recording_id and whole.line_order = 5;
