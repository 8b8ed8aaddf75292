using System.Text;

namespace QuicProChat.Mesh.Messaging.Tests;

public class StatePiecesTests
{
    private readonly StatePieces _pieces = new();
    private readonly Dictionary<int, byte[]> _disk = [];

    [Fact]
    public void What_was_written_is_found_and_read_back()
    {
        Write(("a", "one"), ("b", "two"));
        Write(("a", "three"));
        Assert.Equal(["a=three", "b=two"], Found(_pieces));
        Assert.Equal(["a=three", "b=two"], Found(Reloaded()!));
        Assert.Null(_pieces.Find("c"));
    }

    [Fact]
    public void What_is_as_it_was_is_not_written()
    {
        Write(("a", "one"));
        Assert.Empty(_pieces.Change(Values(("a", "one")), all: false));
        Assert.Empty(_pieces.Change(Values(("c", null)), all: false));
        Assert.Empty(_pieces.Change(Values(("a", "one")), all: true));
    }

    [Fact]
    public void The_number_of_a_piece_that_went_is_given_again()
    {
        for (int i = 0; i < 1000; i++)
        {
            Write(($"text {i}", "words"), ($"other {i}", "words"));
            Write(($"text {i}", null), ($"other {i}", null));
        }

        Assert.Empty(_disk);
        Write(("a", "one"), ("b", "two"));
        Assert.InRange(_disk.Keys.Max(), 1, 1);
    }

    [Fact]
    public void Where_all_are_named_the_others_go()
    {
        Write(("a", "one"), ("b", "two"), ("c", "three"));
        Settle(_pieces.Change(Values(("b", "two"), ("d", "four")), all: true), written: true);
        Assert.Equal(["b=two", "d=four"], Found(_pieces));
        Assert.Equal(["b=two", "d=four"], Found(Reloaded()!));
    }

    [Fact]
    public void What_did_not_reach_the_disk_changes_nothing_and_is_zeroed()
    {
        Write(("a", "one"), ("b", "two"));
        IReadOnlyList<PieceWrite> lost = _pieces.Change(Values(("a", "new"), ("b", null), ("c", "new")), all: false);
        Settle(lost, written: false);
        Assert.All(lost, static w => Assert.All(w.Bytes ?? [], static b => Assert.Equal(0, b)));
        Assert.Equal(["a=one", "b=two"], Found(_pieces));
        Write(("d", "four"));
        Assert.Equal(["a=one", "b=two", "d=four"], Found(Reloaded()!));
        Assert.Equal(3, _disk.Count);
    }

    [Fact]
    public void What_is_replaced_is_zeroed()
    {
        Write(("a", "one"));
        ReadOnlyMemory<byte> before = _pieces.Find("a")!.Value;
        Write(("a", "two"));
        Assert.All(before.ToArray(), static b => Assert.Equal(0, b));
    }

    [Fact]
    public void Pieces_that_are_damaged_cut_or_there_twice_are_not_read()
    {
        Write(("a", "one"), ("b", "two"));
        Assert.NotNull(Reloaded());
        Assert.False(Load(new SavedPiece(0, null)));
        Assert.False(Load(new SavedPiece(0, [])));
        Assert.False(Load(new SavedPiece(0, [2, (byte)'a'])));
        Assert.False(Load(new SavedPiece(-1, [1, (byte)'a'])));
        Assert.False(Load(new SavedPiece(int.MaxValue, [1, (byte)'a'])));
        Assert.False(Load(new SavedPiece(0, [1, (byte)'a', 7]), new SavedPiece(1, [1, (byte)'a', 7])));
        Assert.False(Load(new SavedPiece(3, [1, (byte)'a', 7]), new SavedPiece(3, [1, (byte)'b', 7])));
        Assert.True(Load(new SavedPiece(3, [1, (byte)'a', 7]), new SavedPiece(1, [1, (byte)'b'])));
    }

    private static bool Load(params SavedPiece[] saved) => StatePieces.TryLoad(saved, out _);

    private static string[] Found(StatePieces pieces) =>
        [.. pieces.All.Select(static p => $"{p.Name}={Encoding.ASCII.GetString(p.Value.Span)}").Order()];

    private static Dictionary<string, byte[]?> Values(params (string Name, string? Value)[] values) =>
        values.ToDictionary(static v => v.Name, static v => v.Value is { } text ? Encoding.ASCII.GetBytes(text) : null);

    private void Write(params (string Name, string? Value)[] values) =>
        Settle(_pieces.Change(Values(values), all: false), written: true);

    private void Settle(IReadOnlyList<PieceWrite> writes, bool written)
    {
        if (!written)
        {
            _pieces.NotWritten(writes);
            return;
        }

        foreach ((_, int slot, byte[]? bytes) in writes)
        {
            if (bytes is null)
                Assert.True(_disk.Remove(slot));
            else
                _disk[slot] = [.. bytes];
        }

        _pieces.Written(writes);
    }

    private StatePieces? Reloaded() => StatePieces.TryLoad(
        [.. _disk.Select(static d => new SavedPiece(d.Key, [.. d.Value]))], out StatePieces? loaded) ? loaded : null;
}
