using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Store;

/// <summary>Whose row it is that needs room: who comes first finds room where the others do not any more.</summary>
internal enum Claim
{
    /// <summary>The owner's own.</summary>
    Own,

    /// <summary>Of a contact, or in a group.</summary>
    Contacts,

    /// <summary>Of strangers, or held for others.</summary>
    Others,
}

/// <summary>
/// Keeps the log from filling the disk. What is in the log has to fit into the file one day, and forgetting needs room
/// in the log: a disk that additions had filled to the last byte would stay full for ever. So a row is added only
/// while the disk has room for the log's pages, for the row twice, and a margin; and what others send only while there
/// is a reserve beyond that for the owner and for contacts.
/// </summary>
internal sealed class DiskSpace
{
    // Bytes always left, arbitrary: about a kilobyte for each envelope that one transaction may forget, but never so
    // much that a small disk holds nothing else.
    private const long LeastMargin = 256 * 1024;
    private const long MostMargin = 4 * 1024 * 1024;
    private const long MarginPartOfDisk = 16;

    /// <summary>Bytes that a row costs beside its values: pages of the table and of its indices.</summary>
    private const long RowCost = 6 * 1024;

    /// <summary>The same for a piece of a state: it shares its pages with others. Arbitrary.</summary>
    private const long PieceCost = 256;

    private readonly DriveInfo _drive;
    private readonly long _margin;
    private long _left;

    /// <param name="directory">Where the store is.</param>
    internal DiskSpace(string directory)
    {
        _drive = new DriveInfo(Path.GetFullPath(directory));
        Free = Ask(d => d.AvailableFreeSpace);
        _margin = Math.Clamp(Ask(d => d.TotalSize) / MarginPartOfDisk, LeastMargin, MostMargin);
    }

    /// <summary>Looks at the disk, at the beginning of a transaction.</summary>
    /// <param name="inLog">Bytes in the log.</param>
    /// <param name="freeInFile">Bytes of the file that hold nothing.</param>
    internal void Measure(long inLog, long freeInFile)
    {
        Free = Ask(d => d.AvailableFreeSpace);
        long available = Free - inLog - _margin;
        _left = available + freeInFile;
        IsTight = available < _margin;
    }

    /// <summary>Whether the log had better not grow: room in the file does not help it.</summary>
    internal bool IsTight { get; private set; }

    /// <summary>Free bytes of the disk when the last transaction began.</summary>
    internal long Free { get; private set; }

    /// <summary>Rows of others find no room.</summary>
    internal bool IsFullForOthers => _left - (int)Claim.Others * _margin < 2 * RowCost;

    /// <summary>Takes the room for a row of the owner's.</summary>
    /// <exception cref="StoreException">There is none.</exception>
    internal void Take(int rowSize)
    {
        if (!TryTake(rowSize, Claim.Own))
            throw new StoreException(StoreError.Full, "The disk is full: what is left is kept for forgetting.");
    }

    /// <summary>Takes the room for a piece of a state of the owner's.</summary>
    /// <exception cref="StoreException">There is none.</exception>
    internal void TakePiece(int size)
    {
        if (!TryTake(size, Claim.Own, PieceCost))
            throw new StoreException(StoreError.Full, "The disk is full: what is left is kept for forgetting.");
    }

    /// <summary>Takes the room for a row; false if there is none for such rows.</summary>
    internal bool TryTake(int rowSize, Claim claim) => TryTake(rowSize, claim, RowCost);

    private bool TryTake(int rowSize, Claim claim, long beside)
    {
        long cost = 2 * (beside + rowSize);
        if (_left - (int)claim * _margin < cost)
            return false;
        _left -= cost;
        return true;
    }

    private long Ask(Func<DriveInfo, long> question)
    {
        try
        {
            return question(_drive);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                StoreError.Io, $"The disk of {_drive.Name} does not say how much room it has: {FaultText.Of(e)}", e);
        }
    }
}
