namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>What a driver wants done, or has to tell.</summary>
public abstract record ModemAction;

/// <summary>Write to the port.</summary>
public sealed record WritePort(ReadOnlyMemory<byte> Bytes) : ModemAction;

/// <summary>Set the port's speed, once everything written before has left.</summary>
public sealed record SetPortSpeed(int Baud) : ModemAction;

/// <summary>Set the mode pins M0 and M1 of an EBYTE module.</summary>
public sealed record SetModePins(bool M0, bool M1) : ModemAction;

/// <summary>Close the port and open it again after <paramref name="RetryAfter"/>.</summary>
public sealed record ReopenPort(string Reason, TimeSpan RetryAfter) : ModemAction;

/// <summary>The state changed.</summary>
public sealed record StateChanged(ModemState State, string Detail) : ModemAction;

/// <summary>A frame came off the air.</summary>
/// <param name="Bytes">Its content; of any length and any origin: the modem vouches for nothing.</param>
/// <param name="RssiDbm">Signal strength, where the modem tells.</param>
/// <param name="SnrDb">Signal to noise ratio, where the modem tells.</param>
public sealed record FrameReceived(ReadOnlyMemory<byte> Bytes, int? RssiDbm, double? SnrDb) : ModemAction;

/// <summary>A frame that was accepted has left, as far as can be known, or has been given up.</summary>
public sealed record SendFinished(bool Sent, string? Failure = null) : ModemAction;

/// <summary>Noise on the channel.</summary>
public sealed record NoiseReported(int NoiseFloorDbm) : ModemAction;
