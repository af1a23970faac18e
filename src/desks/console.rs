//! A desk of kind `console`: agents work on the bridge's own pages.
//!
//! It takes a handover in the step that opens it and its agents read the store, so it is owed nothing and has no hook.
//! The module `conformance` looks at how an adapter calls its vendor; here there is neither, so its suite does not apply.

mod adapter;
mod capabilities;

pub use self::adapter::Console;
