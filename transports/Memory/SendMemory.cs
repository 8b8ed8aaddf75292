namespace QuicProChat.Mesh.Transports;

/// <summary>
/// What all links together may have waiting to be sent. The links of one source may have as much as they leave free (a
/// dynamic threshold in proportion 1:1, Choudhury and Hahne 1998), so whoever takes nothing fills half at most and
/// there is room for the next; half of all is kept for links that this node chose. Safe for threads.
/// </summary>
/// <param name="limit">Bytes in all.</param>
internal sealed class SendMemory(long limit)
{
    private readonly object _lock = new();
    private readonly Dictionary<ulong, Group> _strangers = [];
    private readonly HashSet<SendShare> _refused = [];
    private long _used;
    private long _usedByStrangers;

    /// <summary>Bytes in use.</summary>
    internal long Used
    {
        get
        {
            lock (_lock)
                return _used;
        }
    }

    /// <summary>Opens the account of a link.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="chosen">This node chose it.</param>
    /// <param name="roomAgain">Called, on any thread, when a request that was refused would succeed.</param>
    internal SendShare Open(in LinkSource source, bool chosen, Action roomAgain)
    {
        lock (_lock)
        {
            Group? group = null;
            if (!chosen && !_strangers.TryGetValue(source.Group, out group))
                _strangers.Add(source.Group, group = new Group(source.Group));
            group ??= new Group(stranger: null);
            group.Links++;
            return new SendShare(this, group, roomAgain);
        }
    }

    internal bool TryTake(SendShare share, int bytes, int left)
    {
        lock (_lock)
        {
            if (!Fits(share.Group, bytes + left))
            {
                share.Refused = bytes;
                _refused.Add(share);
                return false;
            }

            Change(share.Group, bytes);
            return true;
        }
    }

    internal void Give(SendShare share, int bytes)
    {
        List<SendShare>? again = null;
        lock (_lock)
        {
            Change(share.Group, -bytes);
            foreach (SendShare refused in _refused)
            {
                if (Fits(refused.Group, refused.Refused))
                    (again ??= []).Add(refused);
            }

            again?.ForEach(s => _refused.Remove(s));
        }

        // On a thread of their own: who gives holds the lock of his queues.
        again?.ForEach(s => ThreadPool.UnsafeQueueUserWorkItem(static share => share.RoomAgain(), s,
            preferLocal: false));
    }

    internal void Close(SendShare share)
    {
        lock (_lock)
        {
            _refused.Remove(share);
            if (--share.Group.Links == 0 && share.Group.Stranger is { } source)
                _strangers.Remove(source);
        }
    }

    private bool Fits(Group group, int bytes)
    {
        long free = limit - _used;
        if (group.Stranger is not null)
            free = Math.Min(free, limit / 2 - _usedByStrangers);
        return group.Used + bytes <= free - bytes;
    }

    private void Change(Group group, int by)
    {
        group.Used += by;
        _used += by;
        if (group.Stranger is not null)
            _usedByStrangers += by;
    }

    /// <summary>The links of one source of strangers together, or one link that this node chose.</summary>
    internal sealed class Group(ulong? stranger)
    {
        internal ulong? Stranger { get; } = stranger;

        internal long Used { get; set; }

        internal int Links { get; set; }
    }
}

/// <summary>The account of one link with the <see cref="SendMemory"/>.</summary>
internal sealed class SendShare(SendMemory owner, SendMemory.Group group, Action roomAgain) : IDisposable
{
    private int _disposed;

    internal SendMemory.Group Group { get; } = group;

    internal Action RoomAgain { get; } = roomAgain;

    /// <summary>What was asked for in vain; the owner's.</summary>
    internal int Refused { get; set; }

    /// <summary>Takes bytes; if there are none, <see cref="RoomAgain"/> follows when there are.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="left">So many more have to be there for others that are more urgent.</param>
    internal bool TryTake(int bytes, int left = 0) => owner.TryTake(this, bytes, left);

    internal void Give(int bytes) => owner.Give(this, bytes);

    /// <summary>Closes the account; everything has been given back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            owner.Close(this);
    }
}
