namespace QuicProChat.Mesh.Transports.Lora.Serial;

/// <summary>What a wait on a line ended with.</summary>
public enum LineEvent
{
    /// <summary>The time was up.</summary>
    Timeout,

    /// <summary>Bytes came.</summary>
    Data,

    /// <summary><see cref="ISerialLine.Wake"/> was called.</summary>
    Woken,

    /// <summary>Bytes can be written again.</summary>
    Writable,

    /// <summary>The device is gone; the line is of no more use.</summary>
    HungUp,
}

/// <summary>An open serial line. One thread waits, reads and writes; <see cref="Wake"/> may be called by any.</summary>
public interface ISerialLine : IDisposable
{
    /// <summary>Waits for bytes, room, a wake-up, a hang-up or the end of the time.</summary>
    /// <param name="buffer">Takes the bytes.</param>
    /// <param name="wantWrite">Whether room to write ends the wait too.</param>
    /// <param name="timeout">At most this long; rounded up to milliseconds.</param>
    /// <param name="count">Bytes read.</param>
    LineEvent Wait(Span<byte> buffer, bool wantWrite, TimeSpan timeout, out int count);

    /// <summary>Writes what fits without waiting. -1: the device is gone.</summary>
    int Write(ReadOnlySpan<byte> bytes);

    /// <summary>Changes the speed of both directions, in bits a second.</summary>
    /// <exception cref="IOException">The device refuses.</exception>
    void SetBaud(int baud);

    /// <summary>Throws away what has not been read or sent yet.</summary>
    void Flush();

    /// <summary>Whether the name under which the line was opened still means the same device.</summary>
    bool NameStillMeansThis();

    /// <summary>Ends a wait that is under way, or the next one.</summary>
    void Wake();
}
