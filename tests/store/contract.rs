//! What every store promises, one promise a test.

pub mod answers;
pub mod census;
pub mod changes;
pub mod early;
pub mod erasure;
pub mod erasure_flying;
pub mod erasure_named;
pub mod erasure_unread;
pub mod inbox;
pub mod lanes;
pub mod legs;
pub mod no_desk;
pub mod operator;
pub mod overtaken;
pub mod past;
pub mod pauses;
pub mod reading;
pub mod removed;
pub mod retention;
pub mod routing;
pub mod sessions;
pub mod standing;
pub mod steps;
pub mod timers;
pub mod unreadable;
pub mod unsaid;

/// Makes a test of every promise, each with a store of its own.
macro_rules! run_against {
    ($harness:path) => {
        $crate::contract::run_against! { $harness;
            steps: [
                what_was_acknowledged_is_there_after_reopening,
                a_repeat_is_told_what_the_first_was_told,
                a_repeat_within_one_step_is_a_repeat,
                one_known_key_of_several_makes_a_repeat,
                a_key_of_one_conversation_is_unknown_in_another,
                the_same_idempotency_key_with_another_body_is_refused,
                what_was_refused_is_refused_again_under_the_same_key,
                a_repeated_request_opens_nothing_and_gets_the_stored_answer,
                a_repeated_request_after_the_end_is_declined,
                a_message_that_was_observed_is_not_recorded_again_from_the_transcript,
                a_message_that_was_in_the_transcript_is_a_repeat_afterwards,
                a_message_that_nobody_kept_is_taken_from_the_transcript,
                equal_keys_within_a_transcript_make_one_message,
                a_handover_of_another_desk_is_as_unknown_as_none,
                a_text_of_ours_that_comes_back_is_consumed_once,
                a_text_of_ours_is_no_echo_two_minutes_after_its_delivery,
                an_echo_is_consumed_within_the_step_that_repeats_it,
                later_facts_about_the_user_win,
                sixty_four_callers_at_once_leave_no_gap_and_keep_one_order,
                the_transcript_of_an_ended_handover_ends_with_it,
            ],
            past: [
                what_was_missed_stands_before_what_came_after_it,
                what_has_been_removed_stands_in_front_again,
                what_an_agent_said_keeps_its_place,
                what_is_still_kept_is_not_recorded_again,
                a_copy_that_no_transcript_brings_goes_when_its_time_is_over,
            ],
            unsaid: [
                a_desk_is_told_of_every_message_that_a_gone_session_left_unsaid,
                a_desk_that_closes_is_still_told_what_was_not_heard,
                what_a_desk_is_told_anew_is_no_dead_letter,
                a_desk_does_not_read_what_agents_before_it_could_not_say,
                a_part_that_is_said_after_all_is_not_the_whole_message,
            ],
            lanes: [
                a_lane_is_claimed_by_one_and_its_messages_come_in_order,
                lanes_are_claimed_side_by_side_up_to_the_limit,
                many_claimers_never_hold_the_same_lane,
                what_is_said_while_outcomes_come_goes_out_in_order_and_once,
                a_lane_whose_head_waits_for_its_next_attempt_waits_whole,
                attempts_are_counted_unless_they_do_not_count,
                a_claim_is_free_again_after_reopening,
                an_open_call_goes_ahead_of_lanes_that_are_only_late,
                a_released_lane_can_be_claimed_at_once,
                a_call_is_made_of_the_same_at_once_again_and_after_a_restart,
                a_call_knows_what_was_learnt_of_the_user_while_it_waited,
                nothing_is_claimed_of_a_store_that_is_closed,
                a_dropped_claim_comes_back_after_a_while,
                a_bell_rings_for_new_work_and_for_a_retry,
                the_open_call_carries_the_newest_of_the_transcript,
                of_long_messages_as_many_are_read_at_once_as_fit,
                a_resume_says_whether_the_user_wrote_after_the_close,
            ],
            pauses: [
                a_paused_destination_is_not_claimed_also_after_reopening,
                a_pause_that_is_lifted_rings,
                a_claim_says_until_when_nobody_is_called_also_where_nothing_waits,
                of_two_pauses_the_longer_one_counts,
                a_settled_lane_stops_at_a_pause,
            ],
            overtaken: [
                a_close_by_the_desk_cancels_what_waits_but_not_what_is_on_its_way,
                an_offer_that_was_not_sent_is_taken_back_by_what_is_decided_over_it,
                a_resume_goes_ahead_of_a_text_that_cannot_go_out,
                a_dead_letter_lets_the_lane_go_on,
                what_was_to_be_told_of_the_handover_before_is_told_nobody,
                a_dead_resume_does_not_give_the_bot_a_user_whom_an_agent_has_by_now,
                a_resume_that_was_on_its_way_is_not_made_again_once_an_agent_has_the_user,
                a_pause_that_is_not_needed_any_more_and_fails_is_no_dead_letter,
            ],
            answers: [
                an_answer_wakes_whoever_waits_for_it,
                an_answer_that_does_not_come_is_pending,
                a_request_that_may_have_been_taken_is_withdrawn_by_its_keys,
                a_refused_repeat_takes_back_what_it_has_repeated_and_nothing_later,
                a_request_that_was_not_taken_is_no_repeat_for_having_been_withdrawn,
                an_unknown_handover_is_declined,
                a_handover_that_is_closing_is_declined,
                a_paused_desk_is_not_asked,
                a_desk_with_an_open_breaker_is_not_asked,
                a_bot_that_refuses_calls_gets_no_agent_and_one_that_limits_them_does,
                a_bot_with_an_open_breaker_gets_no_agent,
            ],
            no_desk: [
                a_request_that_no_desk_takes_is_at_none_when_it_is_over,
                a_handover_is_at_no_desk_before_one_is_asked,
            ],
            routing: [
                of_many_requests_at_once_as_many_are_taken_as_there_are_places,
                two_requests_of_one_batch_do_not_share_the_last_place,
                a_place_is_free_once_the_desk_is_done_also_after_reopening,
                a_full_desk_is_passed_over_for_the_fallback,
                a_desk_does_not_read_what_is_said_at_the_desk_after_it,
                what_a_look_up_finds_is_offered_to_the_desk_and_is_known_from_then_on,
                what_is_found_too_late_is_new_when_it_comes_again,
                a_look_up_that_failed_is_not_made_again_and_no_dead_letter,
                a_look_up_is_made_after_reopening_as_long_as_somebody_waits,
                nothing_leaks_between_draft_and_live,
            ],
            timers: [
                a_timer_fires_when_it_is_due_and_not_before,
                a_timer_survives_reopening,
                a_timer_rings_when_it_is_earlier_than_the_one_before,
                timers_fire_a_few_at_a_time,
                what_is_due_of_a_bot_is_left_to_whoever_knows_it,
            ],
            unreadable: [
                what_cannot_be_read_keeps_nobody_elses_deadline,
                what_was_sent_is_not_sent_again_for_want_of_a_readable_conversation,
                a_resume_that_cannot_be_read_ends_the_handover_like_one_that_is_given_up,
                what_cannot_be_read_of_a_conversation_that_cannot_either_is_a_dead_letter_alone,
                a_lane_that_cannot_be_rid_of_its_head_waits_and_nobody_waits_for_it,
                what_cannot_be_read_does_not_keep_the_rest_of_a_removed_desk_or_bot,
                what_cannot_even_be_given_up_does_not_keep_the_rest_of_a_removed_bot,
                what_cannot_be_read_hides_no_warning_of_another_conversation,
            ],
            legs: [
                a_desk_reaches_a_handover_by_its_own_id,
                a_desk_reaches_a_handover_by_the_leg_and_its_id_is_learnt,
                an_answer_that_comes_after_the_proof_still_names_the_leg,
                an_id_of_another_desk_is_unknown,
                two_names_of_two_handovers_reach_nobody,
                what_is_told_of_a_leg_that_is_over_never_reaches_the_next_one,
                an_id_that_is_used_again_is_the_newest_legs,
                what_an_answer_gave_is_known_to_later_calls,
                more_than_can_be_kept_of_an_answer_is_left_out,
                what_waits_behind_a_call_is_told_with_what_came_of_it,
                an_offer_that_may_have_arrived_waits_for_the_desks_time,
                an_offer_that_an_event_proves_is_not_made_again,
                a_user_is_found_in_whichever_realm,
                what_has_neither_time_nor_id_is_new_each_time,
                a_bot_that_is_not_paused_yet_is_a_warning_until_it_is,
                a_pause_that_was_given_up_stays_a_warning_until_the_end,
                many_events_of_one_conversation_at_once_are_all_told,
            ],
            early: [
                what_comes_before_the_answer_is_told_with_it_in_order,
                what_comes_before_its_leg_is_known_goes_ahead_of_the_event_that_names_it,
                a_repeat_of_what_was_kept_is_one_before_and_after,
                what_was_kept_for_too_long_is_told_to_nobody,
                only_so_much_is_kept_of_one_desk,
                what_names_a_leg_that_is_not_ours_is_not_kept,
            ],
            operator: [
                deliveries_are_listed_by_state_and_page_by_page,
                a_dead_letter_is_retried_under_its_old_id,
                a_retry_ends_a_pause_that_waits_for_a_repair_and_no_other,
                a_retried_text_may_come_back_as_an_echo,
                a_message_in_parts_that_is_given_up_can_be_said_to_its_end,
                a_delivery_that_waits_is_retried_at_once,
                a_skipped_delivery_is_not_sent,
                what_is_on_its_way_is_neither_skipped_nor_retried,
                open_handovers_are_listed_page_by_page,
                a_warning_counts_up,
                a_desk_that_is_gone_gives_its_handovers_back,
                a_bot_that_is_gone_leaves_dead_letters,
                a_closed_store_says_so,
                a_probe_writes,
            ],
            removed: [
                a_bot_that_was_gone_is_resumed_once_an_operator_wants_it,
                an_agent_is_told_of_what_waited_for_a_bot_that_is_gone,
                so_is_one_whose_handover_was_over_by_then,
                what_nobody_is_left_to_be_told_of_is_a_dead_letter,
                what_is_owed_in_what_cannot_be_read_is_a_dead_letter_alone,
                a_platform_that_is_gone_keeps_what_it_was_to_delete,
                a_bot_that_is_owed_nothing_is_not_in_use,
            ],
            census: [
                an_empty_store_counts_nothing,
                what_is_owed_is_counted_and_as_old_as_its_oldest,
                nobody_waits_for_what_a_platform_is_to_delete,
                what_is_sent_again_is_as_old_as_that_until_it_is_tried,
                open_handovers_dead_letters_and_pauses_are_counted,
                a_user_in_line_whom_nobody_told_anything_is_unattended,
                a_notice_that_is_empty_tells_nobody,
                a_notice_that_was_given_up_has_told_nobody,
                an_agent_who_owes_an_answer_for_too_long_leaves_the_user_unattended,
                a_late_resume_is_counted_and_unattended_until_an_operator_knows,
            ],
            erasure_flying: [
                a_call_that_was_called_off_on_its_way_is_waited_for,
                an_offer_that_was_called_off_on_its_way_is_waited_for,
                what_comes_of_a_call_whose_delivery_is_gone_is_nobody_elses,
            ],
            erasure_named: [
                who_is_named_by_the_key_of_one_bot_is_erased_with_no_other,
                a_bot_is_kept_of_until_its_last_conversation_is_gone,
            ],
            erasure_unread: [
                what_cannot_be_read_is_erased_as_it_is_and_holds_up_nobody,
                what_is_owed_in_what_cannot_be_read_is_given_up_a_day_later,
                what_cannot_be_read_has_its_place_at_the_desk_until_it_is_erased,
                who_cannot_be_told_from_what_is_kept_is_erased_with_who_is_meant,
            ],
            erasure: [
                an_open_handover_is_ended_before_anything_goes,
                what_is_on_its_way_is_waited_for_however_late_it_is,
                what_was_said_before_an_erasure_is_still_a_repeat,
                an_erased_user_who_comes_back_begins_anew,
                a_request_during_an_erasure_is_declined,
                only_who_is_meant_is_erased,
                an_erasure_goes_on_after_reopening,
                a_large_conversation_goes_a_few_rows_at_a_time,
                a_platform_that_does_not_delete_does_not_hold_the_rest_for_ever,
                what_is_owed_is_given_up_a_day_later_or_when_an_operator_skips_it,
                two_erasures_of_one_user_both_come_to_their_end,
                an_erasure_is_known_for_as_long_as_what_operators_changed,
                who_is_erased_by_retention_first_is_erased_too,
                what_is_no_message_goes_with_its_user,
                the_trail_does_not_say_whose_transcript_was_read,
            ],
            inbox: [
                each_list_has_what_is_meant_for_it_in_its_order,
                dead_letters_are_counted_up_to_a_hundred,
                a_row_says_that_what_an_agent_said_has_not_reached_the_user,
                what_an_agent_said_has_reached_the_user_whatever_comes_behind_it,
                paging_is_complete_without_repeats_while_things_change,
                handovers_of_one_moment_are_paged_completely,
                a_list_is_narrowed_to_a_bot_and_a_desk,
                a_user_is_found_by_name_or_id_and_a_conversation_by_any_of_our_ids,
                a_row_says_who_has_the_user_and_what_was_said_last,
                a_row_names_the_agent_who_said_what_was_said_last,
                a_notice_is_the_last_of_a_row_only_where_nobody_said_anything,
                an_id_says_whose_it_is,
                a_row_of_an_unknown_conversation_is_none,
            ],
            reading: [
                a_conversation_is_read_from_its_end_page_by_page,
                what_became_of_an_answer_stands_with_it,
                who_did_what_stands_in_the_journal_also_after_reopening,
                what_was_read_stays_read_and_never_goes_back,
                unread_messages_are_the_users_and_counted_up_to_ninety_nine,
                a_note_of_another_conversations_handover_is_refused,
                notes_and_read_marks_go_with_an_erasure,
            ],
            changes: [
                a_change_is_heard_after_it_can_be_read,
                what_was_missed_is_told_once_each_in_order,
                a_version_grows_with_every_visible_change_and_over_a_restart,
                a_settled_answer_is_a_change,
                a_version_is_never_newer_than_what_is_read,
                what_changes_nothing_is_not_heard,
            ],
            sessions: [
                a_session_is_known_until_it_ends,
                a_session_is_seen_later_but_never_earlier,
                sessions_of_one_operator_or_of_all_end_together,
                an_old_session_is_purged,
            ],
            standing: [
                a_destination_stands_as_its_last_calls_went,
                all_of_a_destination_is_retried_at_once_and_it_is_known_who_wanted_it,
                a_delivery_is_found_by_its_class_and_age_and_shown_with_what_it_carries,
                the_audit_trail_is_paged_the_newest_first,
            ],
            retention: [
                what_was_observed_goes_after_its_time,
                what_was_told_with_a_declined_request_goes_like_what_was_observed,
                each_declined_request_goes_after_its_time_and_with_the_last_whose_it_was,
                an_open_handover_is_never_touched,
                a_handover_goes_with_its_transcript,
                deliveries_and_dead_letters_go_each_after_their_time,
                a_key_is_known_until_its_day_is_over,
                what_operators_changed_is_known_for_its_time,
                a_message_that_was_removed_is_taken_from_a_later_transcript,
            ],
        }
    };
    ($harness:path; $($module:ident: [$($promise:ident),+ $(,)?]),+ $(,)?) => {
        $(mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    let harness = <$harness>::new();
                    $crate::contract::$module::$promise(harness).await;
                }
            )+
        })+
    };
}

pub(crate) use run_against;
