namespace QuicProChat.Mesh.Wire;

/// <summary>
/// What sort of record it is, as far as relays treat it differently: the low nibble of its first byte.
/// </summary>
public enum GossipClass : byte
{
    /// <summary>A message of a channel (docs/reference/channels.md). Relays understand nothing of it.</summary>
    Channel = 1,

    /// <summary>A KeyPackage. Relays keep the newest of each author and place.</summary>
    Key = 2,

    /// <summary>An appointment. Relays keep the newest of each author and place.</summary>
    Appointment = 3,
}
