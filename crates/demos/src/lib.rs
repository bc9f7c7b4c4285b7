//! soon
pub mod forecaster;
pub mod notebook;
