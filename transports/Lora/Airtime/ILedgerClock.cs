namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>What the ledger needs to know of time beyond the monotonic clock that is passed in.</summary>
public interface ILedgerClock
{
    /// <summary>Names the boot since which the monotonic clock counts.</summary>
    Guid BootId { get; }

    /// <summary>Unix time in seconds, only if something vouches for it (NTP); otherwise null, never a guess.</summary>
    long? TrustedUnixSeconds { get; }
}
