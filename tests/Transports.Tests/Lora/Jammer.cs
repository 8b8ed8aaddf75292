using QuicProChat.Mesh.LoraSimulation;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>Something on the channel that is no modem.</summary>
internal sealed class Jammer : SimulatedModem
{
    internal void Jam(TimeSpan now, TimeSpan time) => Transmit([0], now, time);

    public override void PortOpened(TimeSpan now)
    {
    }

    public override void HostWrote(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
    }

    public override void Tick(TimeSpan now)
    {
    }

    public override void Receive(byte[] frame, int rssi, double snr, TimeSpan now)
    {
    }
}
