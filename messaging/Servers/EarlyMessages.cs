using QuicProChat.Mesh.Messaging.Groups.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// Messages of groups over several servers that came before what they build on: servers deliver in no common order.
/// Bounded in number and bytes; the oldest give way.
/// </summary>
/// <param name="maxMessages">Messages at most.</param>
/// <param name="maxBytes">Bytes of them, at most.</param>
internal sealed class EarlyMessages(int maxMessages, int maxBytes)
{
    private readonly List<byte[]> _messages = [];

    /// <summary>The messages, the oldest first.</summary>
    internal IReadOnlyList<byte[]> All => _messages;

    /// <summary>Keeps a message; how many gave way to it.</summary>
    internal int Add(ReadOnlySpan<byte> message)
    {
        if (message.Length > maxBytes)
            return 1;
        _messages.Add(message.ToArray());
        int before = _messages.Count;
        while (_messages.Count > maxMessages || _messages.Sum(m => m.Length) > maxBytes)
            _messages.RemoveAt(0);
        return before - _messages.Count;
    }

    internal void Remove(byte[] message) => _messages.Remove(message);

    internal void Clear() => _messages.Clear();

    // count 2 | { size 4, message }
    internal void Save(FrameWriter writer)
    {
        writer.UInt16((ushort)_messages.Count);
        foreach (byte[] message in _messages)
            writer.Block(message);
    }

    /// <summary>Takes back what was saved in place of what is there; false if the bytes make no sense.</summary>
    internal bool TryLoad(ref FrameReader reader)
    {
        if (!reader.TryUInt16(out ushort count) || count > maxMessages)
            return false;
        List<byte[]> messages = [];
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryBlock(maxBytes, out ReadOnlySpan<byte> message))
                return false;
            messages.Add(message.ToArray());
        }

        _messages.Clear();
        _messages.AddRange(messages);
        return true;
    }
}
