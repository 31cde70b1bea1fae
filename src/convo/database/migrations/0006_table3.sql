-- A figure that cannot be had says why instead of being left out.
alter table measure alter column value drop not null;
alter table measure add column missing varchar;         -- why there is no value

create or replace view v_measure as
select s.coachee, s.coach, s.programme, s.number as session, s.date, m.phase, m.role, m.metric,
       m.value, m.n, m.lo, m.hi, m.missing, m.method_version, r.phases_by, m.recording_id
from measure m
join session s using (recording_id)
join recording r using (recording_id);
