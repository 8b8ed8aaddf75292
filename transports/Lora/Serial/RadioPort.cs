namespace QuicProChat.Mesh.Transports.Lora.Serial;

/// <summary>
/// Opens a radio's device, time and again. It is claimed before the radio starts, so that whoever listens on a device
/// in use hears of it at once; one that is absent is the radio's business, which waits for it.
/// </summary>
/// <param name="device">The device or a link to it.</param>
internal sealed class RadioPort(string device) : IDisposable
{
    private SerialLine? _claimed;

    /// <summary>Takes the device, if it is there.</summary>
    /// <exception cref="DeviceHeldException">It is in use.</exception>
    internal void Claim(int baud)
    {
        try
        {
            _claimed = SerialLine.Open(device, baud);
        }
        catch (IOException e) when (e is not DeviceHeldException)
        {
            // Absent, or not to be opened now: the radio tries again, and says why it has to.
        }
    }

    /// <summary>Opens the device; the first time that is the claimed one.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal ISerialLine Open(int baud) => Interlocked.Exchange(ref _claimed, null) ?? SerialLine.Open(device, baud);

    public void Dispose() => Interlocked.Exchange(ref _claimed, null)?.Dispose();
}
