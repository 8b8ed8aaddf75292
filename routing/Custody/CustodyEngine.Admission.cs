using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>
/// Quotas and eviction. Custody once taken is a promise, so quotas refuse first; something held gives way only to what
/// is more urgent. A neighbour, and a destination, may fill what is free in proportion to its share: with 50 % one
/// neighbour gets half, two get a third each, and there is always room left for the next.
/// </content>
internal sealed partial class CustodyEngine
{
    /// <summary>Envelopes that give way to one, at most; arbitrary.</summary>
    private const int MostEvictions = 64;

    /// <summary>Tells whether an envelope may be taken; makes room for it where that is right.</summary>
    /// <param name="owner">The neighbour that hands it over, or this node.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="size">Header and payload.</param>
    /// <param name="priority">How urgent it is.</param>
    /// <param name="refused">Why not.</param>
    private bool Admit(in NodeAddress owner, in NodeAddress destination, int size, Priority priority, out RouterCounter refused)
    {
        refused = RouterCounter.DropDiskBehind;
        // Bytes that must stay in memory are those not on disk yet: twice the budget is the end.
        if (_options.Durability == CustodyDurability.Disk && _memoryBytes + size > 2 * _options.MemoryBudget)
            return false;
        if (owner != _self)
        {
            refused = RouterCounter.DropQuotaNeighbour;
            int account = FindAccount(owner);
            while (account >= 0 && !Fits(_accounts[account].Bytes, _accounts[account].Count, size, _options.NeighbourSharePercent))
            {
                if (!EvictOneOf(account, priority))
                    return false;
                account = FindAccount(owner);
            }

            refused = RouterCounter.DropQuotaDestination;
            int place = FindDestination(destination);
            if (place >= 0
                && !Fits(_destinations[place].Bytes, _destinations[place].Count, size, _options.DestinationSharePercent))
                return false;
        }

        refused = RouterCounter.DropQuotaTotal;
        for (int i = 0; _heldBytes + size > _maxHeldBytes || _heldCount >= _options.MaxHeldCount; i++)
        {
            if (i == MostEvictions || !EvictOneOfGreediest(priority))
                return false;
        }

        return true;
    }

    // What it would hold <= what would be free * share / (1 - share), in bytes and in number.
    private bool Fits(long bytes, long count, int size, int sharePercent)
    {
        if (sharePercent >= 100)
            return true;
        long freeBytes = _maxHeldBytes - _heldBytes - size;
        long freeCount = _options.MaxHeldCount - _heldCount - 1;
        int rest = 100 - sharePercent;
        return (bytes + size) * rest <= freeBytes * sharePercent && (count + 1) * rest <= freeCount * sharePercent;
    }

    private bool EvictOneOfGreediest(Priority below)
    {
        for (Priority priority = Priority.Low; priority < below; priority++)
        {
            int greediest = -1;
            long most = -1;
            for (int i = 0; i < _accounts.Limit; i++)
            {
                ref Account account = ref _accounts[i];
                if (account.Count == 0 || account.Waiting[(int)priority].TailPlusOne == 0)
                    continue;
                // What started here is this node's own user's: it goes last.
                long bytes = account.Owner == _self ? 0 : account.Bytes;
                if (bytes <= most)
                    continue;
                most = bytes;
                greediest = i;
            }

            if (greediest >= 0)
            {
                Evict(_accounts[greediest].Waiting[(int)priority].TailPlusOne - 1);
                return true;
            }
        }

        return false;
    }

    private bool EvictOneOf(int account, Priority below)
    {
        for (Priority priority = Priority.Low; priority < below; priority++)
        {
            int tail = _accounts[account].Waiting[(int)priority].TailPlusOne;
            if (tail == 0)
                continue;
            Evict(tail - 1);
            return true;
        }

        return false;
    }

    private void Evict(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        if (entry.OwedCount > 0 && !entry.Rewrite && !IsSecure(entry))
        {
            // Nobody was promised anything yet: the neighbour keeps it.
            Refuse(index, CustodyCode.NoSpace, RouterCounter.DropQuotaTotal);
            return;
        }

        _counters.Add(RouterCounter.LostEvicted);
        AnswerOwed(index, CustodyCode.NoSpace);
        Finish(ref entry, MessageState.Failed, StateReason.StoreFull);
        Remove(index);
    }

    private void MakeEvictable(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        ref ListEnds list = ref _accounts[entry.Account].Waiting[(int)entry.Priority];
        entry.Evictable = true;
        entry.AccountNext = -1;
        entry.AccountPrevious = list.TailPlusOne - 1;
        if (list.TailPlusOne != 0)
            _entries[list.TailPlusOne - 1].AccountNext = index;
        else
            list.HeadPlusOne = index + 1;
        list.TailPlusOne = index + 1;
    }

    private void MakeUnevictable(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        if (!entry.Evictable)
            return;
        ref ListEnds list = ref _accounts[entry.Account].Waiting[(int)entry.Priority];
        entry.Evictable = false;
        if (entry.AccountPrevious >= 0)
            _entries[entry.AccountPrevious].AccountNext = entry.AccountNext;
        else
            list.HeadPlusOne = entry.AccountNext + 1;
        if (entry.AccountNext >= 0)
            _entries[entry.AccountNext].AccountPrevious = entry.AccountPrevious;
        else
            list.TailPlusOne = entry.AccountPrevious + 1;
    }
}
