using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <content>
/// What answers to queries brought is on the disk: who asked over a radio waited for it for hours, and has it after a
/// restart too.
/// </content>
public sealed partial class Appointments
{
    private readonly Dictionary<string, FoundRecord> _found = [];

    /// <summary>Keeps the newest of each type, author and place; without room the oldest gives way.</summary>
    private void KeepFound(in FappRecord read, byte[] bytes, FappTime now, MessageTransaction transaction)
    {
        string key = Convert.ToHexString(FoundRecord.KeyOf(read));
        if (_found.TryGetValue(key, out FoundRecord? before) && SequenceOf(before) >= read.Sequence)
            return;
        if (before is null && _found.Count >= FoundRecord.MaxFound)
            ForgetFound(_found.MinBy(static f => f.Value.Came).Key, transaction);
        var found = new FoundRecord(now.Running, bytes);
        _found[key] = found;
        Touch(found, transaction);
    }

    private void TickFound(FappTime now, MessageTransaction transaction)
    {
        foreach (string old in _found.Where(f => now.Running - f.Value.Came > FappRecord.Hours * FappTime.Hour)
            .Select(static f => f.Key).ToArray())
            ForgetFound(old, transaction);
    }

    private void ForgetFound(string key, MessageTransaction transaction)
    {
        if (_found.Remove(key, out FoundRecord? found)
            && _rows.Remove(AppointmentRow.IdOf(found.Kind, found.Key.Span), out AppointmentRow? row))
            transaction.Leave(row);
    }

    /// <summary>Who somebody is counts before what it offers. Signatures held before it went to the disk.</summary>
    private void TakeFound(FappTime now)
    {
        foreach (FoundRecord found in _found.Values.OrderBy(static f => OrderOf(f.Bytes)))
        {
            if (GossipRecord.TryRead(found.Bytes, out GossipRecord record)
                && FappRecord.TryRead(record, out FappRecord read))
                Store.Take(read, now, out _, found.Came);
        }
    }

    private static ulong SequenceOf(FoundRecord found) => GossipRecord.TryRead(found.Bytes, out GossipRecord record)
        && FappRecord.TryRead(record, out FappRecord read) ? read.Sequence : 0;
}
