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
        byte[] frame = EnvelopeFrame(
            new EnvelopeHeader(EnvelopeKind.MlsLite, Priority.High, true, 2, 17, 8_192, Somebody), 60);
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
            bool brief = kind is (>= (int)FrameKind.Announce and <= (int)FrameKind.ControlAck)
                or (int)FrameKind.CustodyAck;
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
        byte[] frame = EnvelopeFrame(
            new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Low, false, 0, 3, 90, Somebody), 20);
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
    public void Words_of_the_handshake_come_out_as_they_went_in_and_no_other_size_is_read()
    {
        using LocalIdentity self = LocalIdentity.Generate();
        byte[] body = new byte[RadioIdentity.Size];
        new RadioIdentity(self.PublicKey.ToArray()).Write([1, 2], body);
        Assert.Equal(self.Address, RadioIdentity.Read(body)!.Address);
        foreach (int keySize in (int[])[0, 32])
        {
            byte[] greeting = new byte[14 + keySize];
            RadioGreeting.Write(0x0102030405060708, 0x1234, self.PublicKey.Span[..keySize], greeting);
            Assert.True(RadioGreeting.TryRead(greeting, out RadioGreeting read));
            Assert.Equal((0x0102030405060708UL, 0x1234, keySize), (read.Nonce, read.Session, read.PublicKey.Length));
        }
        RadioIntroduction introduction = new(0xFFEEDDCCBBAA9988, 7, 0xABCD);
        Assert.True(RadioIntroduction.TryRead(introduction.ToArray(), out RadioIntroduction back));
        Assert.Equal(introduction, back);
        for (int size = 0; size < 80; size++)
        {
            byte[] bytes = new byte[size];
            Assert.Equal(size == 34, RadioIdentity.Read(bytes) is not null);
            Assert.Equal(size is 14 or 46, RadioGreeting.TryRead(bytes, out _));
            Assert.Equal(size == 16, RadioAnswer.TryRead(bytes, out _));
            Assert.Equal(size == 11, RadioIntroduction.TryRead(bytes, out _));
        }
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 4)]
    public void Keys_hold_between_two_in_one_direction_for_one_number_and_one_pair_of_nonces(bool network, int size)
    {
        byte[] networkKey = network ? [.. Enumerable.Repeat((byte)7, 32)] : [];
        using LocalIdentity a = LocalIdentity.Generate();
        using LocalIdentity b = LocalIdentity.Generate();
        using PairSecret ofA = PairSecret.Agree(a, b.PublicKey.Span, networkKey)!;
        using PairSecret ofB = PairSecret.Agree(b, a.PublicKey.Span, networkKey)!;
        using PairSecret elsewhere = PairSecret.Agree(b, a.PublicKey.Span, [9])!;
        using SessionKeys keysA = ofA.Derive(1, 2, greeted: true, size);
        using SessionKeys keysB = ofB.Derive(2, 1, greeted: false, size);
        SessionKeys[] others =
        [
            ofB.Derive(2, 3, greeted: false, size), ofB.Derive(3, 1, greeted: false, size),
            ofB.Derive(2, 1, greeted: true, size),
            ofB.Derive(1, 2, greeted: false, size), elsewhere.Derive(2, 1, greeted: false, size),
        ];
        byte[] frame = new byte[20 + size];
        Random.Shared.NextBytes(frame.AsSpan(0, 20));
        int accepted = 0;
        for (uint counter = 0; counter < 64; counter++)
        {
            keysA.Write(counter, frame.AsSpan(0, 20), frame.AsSpan(20));
            Assert.True(keysB.Verify(counter, frame));
            accepted += keysB.Verify(counter + 32, frame) ? 1 : 0;
            accepted += keysA.Verify(counter, frame) ? 1 : 0;
            accepted += others.Count(k => k.Verify(counter, frame));
        }
        Array.ForEach(others, k => k.Dispose());
        // With two bytes a wrong check passes once in 65,536: two in 448 would be one run in forty thousand.
        Assert.InRange(accepted, 0, 1);
    }

    [Fact]
    public void A_greeting_is_made_by_either_of_two_for_the_other_alone_and_not_a_bit_of_it_can_be_changed()
    {
        using LocalIdentity a = LocalIdentity.Generate();
        using LocalIdentity b = LocalIdentity.Generate();
        using PairSecret ofA = PairSecret.Agree(a, b.PublicKey.Span, default)!;
        using PairSecret ofB = PairSecret.Agree(b, a.PublicKey.Span, default)!;
        using PairSecret ofBWithKey = PairSecret.Agree(b, a.PublicKey.Span, [1])!;
        byte[] frame = new byte[45];
        Random.Shared.NextBytes(frame);
        byte[] mac = new byte[PairSecret.GreetingMacSize];
        ofA.WriteGreetingMac(frame, mac);
        Assert.True(ofB.VerifyGreeting(frame, mac));
        Assert.False(ofA.VerifyGreeting(frame, mac));
        Assert.False(ofBWithKey.VerifyGreeting(frame, mac));
        for (int bit = 0; bit < 8 * frame.Length; bit++)
        {
            byte[] changed = [.. frame];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(ofB.VerifyGreeting(changed, mac));
        }
        Assert.Null(PairSecret.Agree(a, new byte[32], default));
    }

    [Fact]
    public void A_window_survives_any_loss_of_frames_and_acknowledgements()
    {
        Random random = new(11);
        SentFrames outgoing = new();
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
