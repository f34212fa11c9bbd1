//! The web application as a library.
