//! What every store promises, and what the embedded one promises besides.
//!
//! The contract is written once against the trait; a store joins by a harness and one line below.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test may fail the test"
)]

mod contract;
mod copy;
mod postgres;
mod sqlite;
mod world;

mod embedded {
    crate::contract::run_against!(crate::sqlite::Files);
}

mod moved {
    // Those that open the store again: what was there before comes from the file, and goes on in the database.
    crate::contract::run_against! { crate::copy::Moved;
        steps: [
            what_was_acknowledged_is_there_after_reopening,
            a_repeat_is_told_what_the_first_was_told,
            a_text_of_ours_that_comes_back_is_consumed_once,
        ],
        lanes: [
            attempts_are_counted_unless_they_do_not_count,
            a_claim_is_free_again_after_reopening,
        ],
        pauses: [
            a_paused_destination_is_not_claimed_also_after_reopening,
        ],
        answers: [
            a_paused_desk_is_not_asked,
            a_bot_that_refuses_calls_gets_no_agent_and_one_that_limits_them_does,
        ],
        routing: [
            a_place_is_free_once_the_desk_is_done_also_after_reopening,
            a_look_up_that_failed_is_not_made_again_and_no_dead_letter,
            a_look_up_is_made_after_reopening_as_long_as_somebody_waits,
        ],
        timers: [
            a_timer_survives_reopening,
        ],
        legs: [
            a_desk_reaches_a_handover_by_its_own_id,
            a_desk_reaches_a_handover_by_the_leg_and_its_id_is_learnt,
            what_an_answer_gave_is_known_to_later_calls,
            an_offer_that_may_have_arrived_waits_for_the_desks_time,
            a_bot_that_is_not_paused_yet_is_a_warning_until_it_is,
        ],
        early: [
            what_comes_before_the_answer_is_told_with_it_in_order,
        ],
        operator: [
            a_dead_letter_is_retried_under_its_old_id,
            a_message_in_parts_that_is_given_up_can_be_said_to_its_end,
            a_warning_counts_up,
        ],
        census: [
            what_is_owed_is_counted_and_as_old_as_its_oldest,
        ],
        erasure: [
            what_was_said_before_an_erasure_is_still_a_repeat,
            an_erasure_goes_on_after_reopening,
        ],
        inbox: [
            a_row_says_who_has_the_user_and_what_was_said_last,
        ],
        reading: [
            who_did_what_stands_in_the_journal_also_after_reopening,
            what_was_read_stays_read_and_never_goes_back,
        ],
        changes: [
            what_was_missed_is_told_once_each_in_order,
            a_version_grows_with_every_visible_change_and_over_a_restart,
        ],
        sessions: [
            a_session_is_known_until_it_ends,
        ],
        standing: [
            all_of_a_destination_is_retried_at_once_and_it_is_known_who_wanted_it,
            the_audit_trail_is_paged_the_newest_first,
        ],
    }
}

mod replicated {
    crate::contract::run_against!(crate::postgres::Database);
}
