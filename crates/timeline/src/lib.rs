//! What changed between two lists.
#![doc = include_str!("../README.md")]

mod compare;

pub use compare::{Changed, Differences, Notice, compare};
