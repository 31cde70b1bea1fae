-- What may be told of a programme to those who lead it: nothing of fewer than five coachees, every
-- coachee counting once, in steps of five. The pages besides keep answers from being subtracted.

create view v_programme_min5 as
with of_session as (
    select s.programme, s.coachee, s.coach, s.recording_id, r.duration_s / 60 as minutes,
           (select max(h.percent) from share h
            where h.recording_id = s.recording_id and h.phase is null and h.role = 'coach')
               as coach_percent
    from session s join recording r using (recording_id)
    where s.programme <> ''
), of_coachee as (
    select programme, coachee, count(*) as sessions, avg(minutes) as minutes,
           avg(coach_percent) as coach_percent
    from of_session group by all
), coaches as (
    select programme, count(distinct coach) as coaches from of_session group by all
)
select programme, (count(*) // 5 * 5)::integer as coachees_at_least,
       greatest(5, 5 * round(sum(sessions) / 5))::integer as sessions_about,
       (5 * round(avg(minutes) / 5))::integer as minutes_about,
       case when count(coach_percent) = count(*) and max(coaches) >= 5
            then (5 * round(avg(coach_percent) / 5))::integer end as coach_percent_about
from of_coachee join coaches using (programme)
group by programme having count(*) >= 5;
