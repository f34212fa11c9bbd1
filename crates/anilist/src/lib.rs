//! A client for the AniList API that reads an account completely, paces itself and says what went wrong.
