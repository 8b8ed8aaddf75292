using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class RadioWireTests
{
    private static readonly NodeAddress Somebody = new(0x1234_5678_9abc_def0, 0x0fed_cba9_8765_4321);

    [Fact]
    public void Lifetimes_are_rounded_down_and_by_little()
    {
        for (int units = 0; units <= ushort.MaxValue; units++)
        {
            byte code = LifetimeCode.Encode((ushort)units);
            Assert.True(LifetimeCode.TryDecode(code, out ushort back));
            Assert.True(back <= units && units - back <= units / 17.0 && LifetimeCode.Encode(back) == code);
        }
        Assert.False(LifetimeCode.TryDecode(0xD0, out _));
    }

    [Fact]
    public void A_wait_costs_the_units_that_it_began_and_the_last_one_only_when_it_is_over()
    {
        TimeSpan Seconds(double s) => TimeSpan.FromSeconds(s);
        Assert.Equal(5, LifetimeCode.Left(5, Seconds(9.9)));
        Assert.Equal(4, LifetimeCode.Left(5, Seconds(10)));
        Assert.Equal(3, LifetimeCode.Left(5, Seconds(10.1)));
        Assert.Equal(1, LifetimeCode.Left(5, Seconds(49.9)));
        Assert.Equal(0, LifetimeCode.Left(5, Seconds(50)));
        Assert.Equal(1, LifetimeCode.Left(1, Seconds(9.9)));
        Assert.Equal(0, LifetimeCode.Left(0, Seconds(10)));
    }

    [Fact]
    public void An_envelope_comes_out_as_it_went_in_first_in_full_then_by_id()
    {
        AddressSlots sender = new();
        AddressSlots receiver = new();
        byte[] frame = EnvelopeFrame(new EnvelopeHeader(EnvelopeKind.MlsLite, Priority.High, true, 2, 17, 8_192, Somebody), 60);
        Assert.True(Envelope.TryRead(frame.AsSpan(1), out Envelope envelope));
        ReadOnlySpan<byte> full = RadioItem.MakeEnvelope(envelope, agreed: false);
        Assert.Equal(5 + 16 + 60, full.Length);
        Assert.True(RadioItem.TryRead(ref full, out RadioItem item));
        Assert.True(item.TryRestoreEnvelope(receiver, out byte[] restored, out _));
        Assert.Equal(frame, restored);

        sender.SentInFull(Somebody);
        Assert.False(sender.IsAgreed(Somebody));
        sender.Settled(Somebody, arrived: true);
        Assert.True(sender.IsAgreed(Somebody));
        ReadOnlySpan<byte> brief = RadioItem.MakeEnvelope(envelope, agreed: true);
        Assert.Equal(5 + 60, brief.Length);
        Assert.True(RadioItem.TryRead(ref brief, out item));
        Assert.True(item.TryRestoreEnvelope(receiver, out restored, out _));
        Assert.Equal(frame, restored);
        Assert.False(item.TryRestoreEnvelope(new AddressSlots(), out _, out ushort unknown));
        Assert.Equal(0x1234, unknown);
    }

    [Fact]
    public void A_slot_is_not_used_while_two_addresses_for_it_are_under_way()
    {
        NodeAddress other = new(Somebody.High, 7);
        AddressSlots slots = new();
        slots.SentInFull(Somebody);
        slots.SentInFull(other);
        slots.Settled(other, arrived: true);
        Assert.False(slots.IsAgreed(other));
        slots.Settled(Somebody, arrived: true);
        Assert.False(slots.IsAgreed(Somebody));
        Assert.False(slots.IsAgreed(other));
        slots.SentInFull(other);
        slots.Settled(other, arrived: true);
        Assert.True(slots.IsAgreed(other));
        slots.Forget(AddressSlots.ShortId(other));
        Assert.False(slots.IsAgreed(other));
    }

    [Fact]
    public void Every_frame_comes_out_as_it_went_in_and_frequent_kinds_cost_no_byte()
    {
        for (int kind = 0; kind <= byte.MaxValue; kind++)
        {
            byte[] frame = [(byte)kind, 7, 8, 9];
            ReadOnlySpan<byte> made = RadioItem.MakeFrame(frame);
            bool brief = kind is (>= (int)FrameKind.Announce and <= (int)FrameKind.ControlAck) or (int)FrameKind.CustodyAck;
            Assert.Equal(brief ? 4 : 5, made.Length);
            Assert.True(RadioItem.TryRead(ref made, out RadioItem item));
            Assert.Equal(frame, item.RestoreFrame().ToArray());
        }
        ReadOnlySpan<byte> unknown = RadioItem.Make(RadioItemKind.Frame, 7, [1, 2]);
        Assert.True(RadioItem.TryRead(ref unknown, out RadioItem none));
        Assert.True(none.RestoreFrame().IsEmpty);
    }

    [Fact]
    public void Several_items_share_a_frame()
    {
        List<byte> body = [];
        int lastAt = -1;
        byte[][] contents = [[1, 2, 3], [], [4], new byte[200]];
        foreach (byte[] content in contents)
            RadioItem.Append(body, ref lastAt, RadioItem.Make(RadioItemKind.Frame, 0, content));
        ReadOnlySpan<byte> rest = body.ToArray();
        foreach (byte[] content in contents)
        {
            Assert.True(RadioItem.TryRead(ref rest, out RadioItem item));
            Assert.Equal(content, item.Content.ToArray());
        }
        Assert.True(rest.IsEmpty);
        Assert.Equal((2 + 3) + 2 + (2 + 1) + (1 + 200), body.Count);
    }

    [Fact]
    public void Hostile_items_neither_throw_nor_read_beyond_the_frame()
    {
        Random random = new(4);
        byte[] frame = EnvelopeFrame(new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Low, false, 0, 3, 90, Somebody), 20);
        Assert.True(Envelope.TryRead(frame.AsSpan(1), out Envelope envelope));
        byte[] item = RadioItem.MakeEnvelope(envelope, agreed: false);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = [.. item, .. item];
            for (int k = random.Next(1, 5); k > 0; k--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ReadOnlySpan<byte> rest = bytes.AsSpan(0, random.Next(bytes.Length));
            AddressSlots slots = new();
            while (RadioItem.TryRead(ref rest, out RadioItem read))
            {
                if (read.Kind == RadioItemKind.Envelope && read.TryRestoreEnvelope(slots, out byte[] restored, out _))
                    Assert.True(Envelope.TryRead(restored.AsSpan(1), out _));
            }
        }
    }

    [Fact]
    public void An_identity_proves_itself_and_nothing_changed_passes()
    {
        using LocalIdentity self = LocalIdentity.Generate();
        byte[] body = RadioIdentity.Make(self, 0x0102030405060708, answer: true);
        RadioIdentity? identity = RadioIdentity.Verify(body);
        Assert.NotNull(identity);
        Assert.Equal((self.Address, 0x0102030405060708UL, true), (identity.Address, identity.BootId, identity.Answer));
        for (int at = 0; at < body.Length; at++)
        {
            byte[] changed = [.. body];
            changed[at] ^= 1;
            Assert.Null(RadioIdentity.Verify(changed));
            Assert.Null(RadioIdentity.Verify(body.AsSpan(0, at)));
        }
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 4)]
    public void Keys_hold_between_two_in_one_direction_for_one_number(bool network, int size)
    {
        byte[] networkKey = network ? [.. Enumerable.Repeat((byte)7, 32)] : [];
        using LocalIdentity a = LocalIdentity.Generate();
        using LocalIdentity b = LocalIdentity.Generate();
        RadioIdentity ofA = RadioIdentity.Verify(RadioIdentity.Make(a, 1, false))!;
        RadioIdentity ofB = RadioIdentity.Verify(RadioIdentity.Make(b, 2, false))!;
        using RadioKeys keysA = RadioKeys.Derive(a, 1, ofB, networkKey)!;
        using RadioKeys keysB = RadioKeys.Derive(b, 2, ofA, networkKey)!;
        using RadioKeys rebooted = RadioKeys.Derive(b, 3, ofA, networkKey)!;
        using RadioKeys otherNetwork = RadioKeys.Derive(b, 2, ofA, [9])!;
        byte[] frame = new byte[20 + size];
        Random.Shared.NextBytes(frame.AsSpan(0, 20));
        int accepted = 0;
        for (uint counter = 0; counter < 64; counter++)
        {
            keysA.Write(counter, frame.AsSpan(0, 20), frame.AsSpan(20));
            Assert.True(keysB.Verify(counter, frame));
            accepted += keysB.Verify(counter + 32, frame) ? 1 : 0;
            accepted += keysA.Verify(counter, frame) ? 1 : 0;
            accepted += rebooted.Verify(counter, frame) ? 1 : 0;
            accepted += network && otherNetwork.Verify(counter, frame) ? 1 : 0;
        }
        // With two bytes a wrong check passes once in 65,536: two in 256 would be one run in a hundred thousand.
        Assert.InRange(accepted, 0, 1);
    }

    [Fact]
    public void A_window_survives_any_loss_of_frames_and_acknowledgements()
    {
        Random random = new(11);
        SendWindow outgoing = new();
        ReceiveWindow incoming = new();
        HashSet<int> arrived = [];
        int next = 0;
        for (int round = 0; round < 20_000 || arrived.Count < next; round++)
        {
            while (outgoing.HasRoom && next < 5_000 && random.Next(3) > 0)
            {
                byte[] body = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(body, next++);
                outgoing.Add(body, FrameClass.Normal);
            }
            foreach (SentFrame frame in outgoing.Frames.Where(f => f.Due).ToList())
            {
                frame.Due = false;
                if (random.Next(100) < 40)
                    continue;
                uint counter = incoming.Expand((byte)(frame.Counter & RadioFrame.SequenceMask));
                Assert.Equal(frame.Counter, counter);
                if (incoming.TryAccept(counter))
                    Assert.True(arrived.Add(BinaryPrimitives.ReadInt32BigEndian(frame.Body)));
            }
            if (random.Next(100) < 40)
            {
                outgoing.Timeout();
                continue;
            }
            uint expected = outgoing.Expand((byte)(incoming.Expected & RadioFrame.SequenceMask));
            Assert.Equal(incoming.Expected, expected);
            Assert.NotNull(outgoing.Acknowledge(expected, incoming.Beyond));
            if (!outgoing.HasDue)
                outgoing.Timeout();
        }
        Assert.Equal(5_000, arrived.Count);
    }

    [Fact]
    public void Pieces_make_a_whole_in_any_order_and_others_give_way()
    {
        Reassembly reassembly = new(10_000);
        byte[] whole = new byte[1_000];
        Random.Shared.NextBytes(whole);
        int[] order = [3, 0, 4, 2, 1];
        foreach (int i in order[..4])
            Assert.Null(reassembly.Add(9, (byte)i, i == 4, whole.AsSpan(i * 200, 200)));
        Assert.Equal(whole, reassembly.Add(9, 1, false, whole.AsSpan(200, 200)));
        for (int tag = 0; tag < 50; tag++)
            Assert.Null(reassembly.Add((byte)tag, 1, true, [1]));
        Assert.Equal(46, reassembly.Abandoned);
        Assert.Null(reassembly.Add(77, 0, true, new byte[10_001]));
    }

    internal static byte[] PathRequestFrame(ulong destination)
    {
        byte[] frame = new byte[1 + PathRequest.Size];
        frame[0] = (byte)FrameKind.PathRequest;
        new PathRequest(63, 0, false, new Abbreviation(destination)).Write(frame.AsSpan(1));
        return frame;
    }

    internal static byte[] EnvelopeFrame(EnvelopeHeader header, int payload)
    {
        byte[] bytes = new byte[payload];
        new Random(payload).NextBytes(bytes);
        byte[] frame = new byte[1 + Envelope.SizeOf(payload)];
        frame[0] = (byte)FrameKind.Envelope;
        Envelope.Write(frame.AsSpan(1), header, bytes);
        return frame;
    }
}
