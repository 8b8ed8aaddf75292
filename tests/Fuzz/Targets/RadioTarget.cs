using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite.Tests;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// Frames off the air, one after another, each behind a byte with its length. They get the check that anybody can
/// compute; one neighbour is known, so that items in its name are read too.
/// </summary>
internal static class RadioTarget
{
    internal static readonly FuzzTarget Target =
        new("radio", "frames off the air, records of the airtime ledger", Seeds, Run);

    private static readonly LoraOptions Options =
        LoraUri.TryParse("lora:/dev/ttyUSB0?modem=rnode&frequency=868100000&sf=7&region=none",
            out LoraOptions? options, out _)
            ? options
            : throw new InvalidOperationException();

    private static readonly LocalIdentity Self = World.IdentityOf(1);
    private static readonly LocalIdentity Other = World.IdentityOf(2);

    private static IEnumerable<byte[]> Seeds()
    {
        yield return Frame(RadioFrameType.Discovery, (byte)DiscoveryKind.Beacon, [1, 2]);
        yield return Frame(RadioFrameType.Discovery, (byte)DiscoveryKind.Greeting, new byte[48]);
        yield return Frame(RadioFrameType.Discovery, (byte)DiscoveryKind.Answer, new byte[48]);
        yield return Frame(RadioFrameType.Discovery, (byte)DiscoveryKind.Identity, new byte[120]);
        byte[] request = new byte[1 + PathRequest.Size];
        request[0] = (byte)FrameKind.PathRequest;
        new PathRequest(8, 0, false, new Abbreviation(5)).Write(request.AsSpan(1));
        yield return Frame(RadioFrameType.Broadcast, 0, RadioItem.MakeFrame(request));
        yield return Frame(RadioFrameType.Data, 1, RadioItem.MakeFrame(request));
        yield return Frame(RadioFrameType.Acknowledgement, 1, [0, 0, 0, 0]);
        byte[] record = new byte[LedgerRecord.Size];
        LedgerRecord.Claim(TrafficClass.Message, 0, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 3).Write(record);
        yield return record;
    }

    private static byte[] Frame(RadioFrameType type, byte sequence, ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[1 + RadioFrame.HeaderSize + body.Length];
        frame[0] = (byte)(frame.Length - 1);
        new RadioFrame(type, false, sequence, AddressSlots.ShortId(Other.Address), AddressSlots.ShortId(Self.Address))
            .Write(frame.AsSpan(1));
        body.CopyTo(frame.AsSpan(1 + RadioFrame.HeaderSize));
        return frame;
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        _ = LedgerRecord.TryRead(input, out _);
        ReadItems(input);
        DutyLedger ledger = new(Options.Band, null, null, TimeSpan.Zero);
        using RadioMedium medium = new(Options, Self, 7, ledger, new Nobody(), new Random(1));
        ILoraModem modem = ModemFactory.Create(Options, ModemKind.RNode, new Random(1));
        TimeSpan now = TimeSpan.FromSeconds(1);
        medium.Happened(new StateChanged(ModemState.Online, ""), now);
        using CommonCheck check = new(default);
        for (ReadOnlySpan<byte> rest = input; !rest.IsEmpty;)
        {
            int length = Math.Min(rest[0], rest.Length - 1);
            byte[] frame = [.. rest.Slice(1, length), 0, 0];
            check.Write(frame.AsSpan(..^2), frame.AsSpan(^2..));
            now += TimeSpan.FromSeconds(1);
            medium.Happened(new FrameReceived(frame, -80, 5), now);
            _ = medium.Run(modem, now);
            rest = rest[(1 + length)..];
        }

        Assert.InRange(medium.Neighbours.Count, 0, 256);
    }

    private static void ReadItems(ReadOnlySpan<byte> input)
    {
        while (RadioItem.TryRead(ref input, out RadioItem item))
        {
            if (item.Kind == RadioItemKind.Frame)
                _ = item.RestoreFrame();
        }
    }

    private sealed class Nobody : IRadioUser
    {
        public void Up(RadioNeighbour neighbour)
        {
        }

        public void Received(RadioNeighbour neighbour, ReadOnlySpan<byte> frame)
        {
        }

        public void Writable(RadioNeighbour neighbour)
        {
        }

        public void Down(RadioNeighbour neighbour, string reason)
        {
        }
    }
}
