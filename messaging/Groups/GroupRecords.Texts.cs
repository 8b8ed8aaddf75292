using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Texts that are under way, and Welcomes that are held back.</content>
internal static partial class GroupRecords
{
    private const byte TextVersion = 1;

    // version 1 = 1 | first place 14 | message 16 | size 4, content | sent 8 | sealed last 8, times 1
    // | count 2, states: 32 each | count 2, members: address 16, state 2, envelopes 1: 0 none, 1 one, 2 two, 16 each
    //
    // The members of a large group have few states among them, and most have one envelope.
    internal static byte[] WriteText(OutgoingText text)
    {
        var writer = new FrameWriter();
        writer.Byte(TextVersion);
        text.First.Write(writer.Take(MessagePlace.Size));
        text.Message.Write(writer.Take(EnvelopeId.Size));
        writer.Block(text.Content);
        writer.UInt64((ulong)text.SentAt.Ticks);
        writer.UInt64((ulong)text.Sealed.At.Ticks);
        writer.Byte((byte)text.Sealed.Times);
        List<StateId> states = [.. text.Missing.Values.Distinct()];
        writer.UInt16((ushort)states.Count);
        foreach (StateId state in states)
            state.Write(writer.Take(StateId.Size));
        writer.UInt16((ushort)text.Missing.Count);
        foreach ((NodeAddress member, StateId state) in text.Missing)
        {
            member.Write(writer.Take(NodeAddress.Size));
            writer.UInt16((ushort)states.IndexOf(state));
            bool isCarried = text.Copies.TryGetValue(member, out (EnvelopeId First, EnvelopeId Last) copies);
            writer.Byte(!isCarried ? (byte)0 : copies.First == copies.Last ? (byte)1 : (byte)2);
            if (!isCarried)
                continue;
            copies.First.Write(writer.Take(EnvelopeId.Size));
            if (copies.First != copies.Last)
                copies.Last.Write(writer.Take(EnvelopeId.Size));
        }

        return writer.ToArray();
    }

    internal static bool TryReadText(ref FrameReader reader, out OutgoingText text)
    {
        text = null!;
        if (!reader.TryByte(out byte version) || version != TextVersion || !TryReadTextHead(ref reader, out text)
            || !reader.TryUInt16(out ushort count))
            return false;
        List<StateId> states = [];
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryTake(StateId.Size, out ReadOnlySpan<byte> state))
                return false;
            states.Add(new StateId(state));
        }

        if (!reader.TryUInt16(out ushort missing))
            return false;
        for (int i = 0; i < missing; i++)
        {
            if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> bytes) || !reader.TryUInt16(out ushort state)
                || state >= states.Count || !reader.TryByte(out byte copies) || copies > 2)
                return false;
            var member = NodeAddress.Read(bytes);
            text.IsSealedFor(member, states[state]);
            if (copies == 0)
                continue;
            if (!reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> first))
                return false;
            ReadOnlySpan<byte> last = first;
            if (copies == 2 && !reader.TryTake(EnvelopeId.Size, out last))
                return false;
            text.TravelsIn(member, EnvelopeId.Read(first), EnvelopeId.Read(last));
        }

        return true;
    }

    private static bool TryReadTextHead(ref FrameReader reader, out OutgoingText text)
    {
        text = null!;
        if (!reader.TryTake(MessagePlace.Size, out ReadOnlySpan<byte> first)
            || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> message)
            || !reader.TryBlock(OutgoingTexts.MaxBytes, out ReadOnlySpan<byte> content)
            || !TryTime(ref reader, out TimeSpan sent) || !TryTime(ref reader, out TimeSpan sealedAt)
            || !reader.TryByte(out byte times) || times > 10)
            return false;
        text = new OutgoingText
        {
            First = MessagePlace.Read(first),
            Message = EnvelopeId.Read(message),
            Content = content.ToArray(),
            SentAt = sent,
            Sealed = (sealedAt, times),
        };
        return true;
    }

    /// <summary>Texts as they were written within the main value of their group.</summary>
    internal static bool TryReadWholeTexts(ref FrameReader reader, out OutgoingTexts texts)
    {
        texts = new OutgoingTexts();
        if (!reader.TryUInt32(out uint count) || count > OutgoingTexts.MaxTexts)
            return false;
        for (uint i = 0; i < count; i++)
        {
            if (!TryReadTextHead(ref reader, out OutgoingText text) || !reader.TryUInt16(out ushort missing))
                return false;
            for (int m = 0; m < missing; m++)
            {
                if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> member)
                    || !reader.TryTake(StateId.Size, out ReadOnlySpan<byte> state)
                    || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> first)
                    || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> last))
                    return false;
                text.IsSealedFor(NodeAddress.Read(member), new StateId(state));
                if (EnvelopeId.Read(last) != default)
                    text.TravelsIn(NodeAddress.Read(member), EnvelopeId.Read(first), EnvelopeId.Read(last));
            }

            texts.Add(text);
        }

        return true;
    }

    internal static void WriteWelcomes(FrameWriter writer, HeldWelcomes welcomes)
    {
        writer.UInt32((uint)welcomes.All.Count);
        foreach (HeldWelcomes.Held held in welcomes.All)
        {
            held.State.Write(writer.Take(StateId.Size));
            writer.Block(held.Welcome);
            writer.UInt64((ulong)held.Until.Ticks);
            writer.Byte((byte)held.Newcomers.Count);
            foreach (ReadOnlyMemory<byte> key in held.Newcomers)
                writer.Raw(key.Span);
        }
    }

    internal static bool TryReadWelcomes(ref FrameReader reader, GroupTree tree, out HeldWelcomes welcomes)
    {
        welcomes = new HeldWelcomes();
        if (!reader.TryUInt32(out uint count))
            return false;
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryTake(StateId.Size, out ReadOnlySpan<byte> state)
                || !reader.TryBlock(MaxBlock, out ReadOnlySpan<byte> welcome)
                || !TryTime(ref reader, out TimeSpan until)
                || !reader.TryByte(out byte newcomers))
                return false;
            List<ReadOnlyMemory<byte>> keys = [];
            for (int k = 0; k < newcomers; k++)
            {
                if (!reader.TryTake(Ed25519.PublicKeySize, out ReadOnlySpan<byte> key))
                    return false;
                keys.Add(key.ToArray());
            }

            var id = new StateId(state);
            if (tree.Find(id) is { } node)
                welcomes.Add(new HeldWelcomes.Held(id, node.Table, welcome.ToArray(), keys, until));
        }

        return true;
    }
}
