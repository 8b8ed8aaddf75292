using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Texts that are under way, and Welcomes that are held back.</content>
internal static partial class GroupRecords
{
    internal static void WriteTexts(FrameWriter writer, OutgoingTexts texts)
    {
        writer.UInt32((uint)texts.All.Count);
        foreach (OutgoingText text in texts.All)
        {
            text.First.Write(writer.Take(MessagePlace.Size));
            text.Message.Write(writer.Take(EnvelopeId.Size));
            writer.Block(text.Content);
            writer.UInt64((ulong)text.SentAt.Ticks);
            writer.UInt64((ulong)text.Sealed.At.Ticks);
            writer.Byte((byte)text.Sealed.Times);
            writer.UInt16((ushort)text.Missing.Count);
            foreach ((NodeAddress member, StateId state) in text.Missing)
            {
                member.Write(writer.Take(NodeAddress.Size));
                state.Write(writer.Take(StateId.Size));
                (EnvelopeId first, EnvelopeId last) = text.Copies.GetValueOrDefault(member);
                first.Write(writer.Take(EnvelopeId.Size));
                last.Write(writer.Take(EnvelopeId.Size));
            }
        }
    }

    internal static bool TryReadTexts(ref FrameReader reader, out OutgoingTexts texts)
    {
        texts = new OutgoingTexts();
        if (!reader.TryUInt32(out uint count) || count > OutgoingTexts.MaxTexts)
            return false;
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryTake(MessagePlace.Size, out ReadOnlySpan<byte> first)
                || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> message)
                || !reader.TryBlock(OutgoingTexts.MaxBytes, out ReadOnlySpan<byte> content)
                || !TryTime(ref reader, out TimeSpan sent) || !TryTime(ref reader, out TimeSpan sealedAt)
                || !reader.TryByte(out byte times) || times > 10 || !reader.TryUInt16(out ushort missing))
                return false;
            var text = new OutgoingText
            {
                First = MessagePlace.Read(first),
                Message = EnvelopeId.Read(message),
                Content = content.ToArray(),
                SentAt = sent,
                Sealed = (sealedAt, times),
            };
            for (int m = 0; m < missing; m++)
            {
                if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> member)
                    || !reader.TryTake(StateId.Size, out ReadOnlySpan<byte> state)
                    || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> firstCopy)
                    || !reader.TryTake(EnvelopeId.Size, out ReadOnlySpan<byte> lastCopy))
                    return false;
                text.Missing[NodeAddress.Read(member)] = new StateId(state);
                if (EnvelopeId.Read(lastCopy) != default)
                    text.Copies[NodeAddress.Read(member)] = (EnvelopeId.Read(firstCopy), EnvelopeId.Read(lastCopy));
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
