//! What every connection to PostgreSQL is told first. Comes in: a fresh connection. Goes out: the same, bounded
//! in what a process that hangs or has vanished can keep from the others.

use sqlx::PgConnection;

/// Settings by name. One that the server does not know or cannot set here (an older version, another system) is
/// left as it is.
///
/// * `default_transaction_isolation`: the claims are written for it, whatever the server's default.
/// * `statement_timeout`: a thousand times what the slowest statement takes.
/// * `idle_in_transaction_session_timeout`: a suspended process lets go of its locks, so that its lease can be
///   taken over; no transaction of the desk waits for anything but the database.
/// * `client_connection_check_interval`: a killed process's statement ends while it runs; by default the server
///   notices only afterwards.
/// * `tcp_keepalives_*`: a machine that vanished is known after 25 seconds instead of two hours.
const SETTINGS: &str = "
    select set_config(wanted.name, wanted.value, false) from (values
        ('default_transaction_isolation', 'read committed'),
        ('statement_timeout', '60s'),
        ('idle_in_transaction_session_timeout', '10s'),
        ('client_connection_check_interval', '5s'),
        ('tcp_keepalives_idle', '10'),
        ('tcp_keepalives_interval', '5'),
        ('tcp_keepalives_count', '3')
    ) as wanted (name, value)
    join pg_settings on pg_settings.name = wanted.name and pg_settings.context = 'user'";

/// Sets them for the life of the connection.
pub(super) async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(SETTINGS).execute(connection).await.map(|_| ())
}
