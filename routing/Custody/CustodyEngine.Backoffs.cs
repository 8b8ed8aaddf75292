using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>Next hops that refused, or were silent, are left alone for one destination for a while.</content>
internal sealed partial class CustodyEngine
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TooLargeBackoff = TimeSpan.FromMinutes(10);
    private const int MostBackoffDoublings = 7;

    private Slab<Backoff> _backoffs;

    private void BackOff(int destination, LinkId link, uint epoch, CustodyCode code)
    {
        int at = FindBackoff(destination, link);
        ref Destination owner = ref _destinations[destination];
        if (at < 0)
        {
            at = _backoffs.Allocate();
            _backoffs[at].NextPlusOne = owner.FirstBackoffPlusOne;
            owner.FirstBackoffPlusOne = at + 1;
        }

        ref Backoff backoff = ref _backoffs[at];
        if (backoff.Epoch != epoch)
            backoff.Failures = 0;
        else if (backoff.Until > _now)
            return;
        backoff.Link = link.Value;
        backoff.Epoch = epoch;
        backoff.Code = code;
        TimeSpan wait = code == CustodyCode.TooLarge
            ? TooLargeBackoff
            : FirstBackoff * (1 << Math.Min(backoff.Failures, MostBackoffDoublings));
        if (wait > LongestBackoff && code != CustodyCode.TooLarge)
            wait = LongestBackoff;
        backoff.Failures++;
        // A little spread, so that all who were refused together do not come back together.
        backoff.Until = _now + wait + new TimeSpan(_random.NextInt64(wait.Ticks / 8 + 1));
    }

    private bool IsBackedOff(int destination, LinkId link)
    {
        int at = FindBackoff(destination, link);
        return at >= 0 && _backoffs[at].Until > _now && LinkOf(link)?.Epoch == _backoffs[at].Epoch;
    }

    /// <summary>It takes envelopes again: what waits because of the refusal may move.</summary>
    private void ForgetBackoff(int destination, LinkId link)
    {
        if (_destinations[destination].FirstBackoffPlusOne == 0)
            return;
        int at = FindBackoff(destination, link);
        if (at < 0)
            return;
        ref int place = ref _destinations[destination].FirstBackoffPlusOne;
        while (place != at + 1)
            place = ref _backoffs[place - 1].NextPlusOne;
        place = _backoffs[at].NextPlusOne;
        _backoffs.Free(at);
        Stir(destination);
    }

    private int FindBackoff(int destination, LinkId link)
    {
        for (int next = _destinations[destination].FirstBackoffPlusOne; next != 0; next = _backoffs[next - 1].NextPlusOne)
        {
            if (_backoffs[next - 1].Link == link.Value)
                return next - 1;
        }

        return -1;
    }

    private Instant EarliestRetry(int destination)
    {
        Instant earliest = Instant.Never;
        for (int next = _destinations[destination].FirstBackoffPlusOne; next != 0; next = _backoffs[next - 1].NextPlusOne)
        {
            if (_backoffs[next - 1].Until > _now)
                earliest = Instant.Min(earliest, _backoffs[next - 1].Until);
        }

        return earliest;
    }

    private StateReason ReasonOfBackoffs(int destination)
    {
        for (int next = _destinations[destination].FirstBackoffPlusOne; next != 0; next = _backoffs[next - 1].NextPlusOne)
        {
            ref Backoff backoff = ref _backoffs[next - 1];
            if (backoff.Until <= _now)
                continue;
            return backoff.Code switch
            {
                CustodyCode.NoSpace => StateReason.NextHopFull,
                CustodyCode.TooLarge => StateReason.TooLarge,
                CustodyCode.NoWayOn => StateReason.NoRoute,
                _ => StateReason.Waiting,
            };
        }

        return StateReason.NoRoute;
    }
}
