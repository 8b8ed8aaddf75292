namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>Where the ledger's records outlive the process.</summary>
public interface ILedgerStore
{
    /// <summary>Everything stored; null when there is no storage yet, empty when it was emptied.</summary>
    /// <exception cref="IOException">The storage cannot be read.</exception>
    byte[]? Load();

    /// <summary>Adds bytes at the end. True only when they are on the medium.</summary>
    bool TryAppend(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Puts these bytes in place of all others at once, or leaves the old ones. True only when on the medium.
    /// </summary>
    bool TryReplace(ReadOnlySpan<byte> bytes);
}
