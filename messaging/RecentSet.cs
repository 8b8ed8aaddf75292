namespace QuicProChat.Mesh.Messaging;

/// <summary>The latest of what was added: whatever comes beyond the most makes room by the oldest.</summary>
/// <typeparam name="T">What is remembered.</typeparam>
/// <param name="max">How many are remembered.</param>
internal sealed class RecentSet<T>(int max)
    where T : notnull
{
    private readonly Dictionary<T, LinkedListNode<T>> _places = [];
    private readonly LinkedList<T> _order = [];

    /// <summary>How many are remembered now.</summary>
    internal int Count => _places.Count;

    /// <summary>Whether it is remembered.</summary>
    internal bool Contains(T item) => _places.ContainsKey(item);

    /// <summary>Remembers it; false if it was remembered already, which makes it no younger.</summary>
    internal bool Add(T item)
    {
        if (_places.ContainsKey(item))
            return false;
        if (_places.Count == max)
        {
            _places.Remove(_order.First!.Value);
            _order.RemoveFirst();
        }

        _places.Add(item, _order.AddLast(item));
        return true;
    }

    /// <summary>Forgets it; false if it was not remembered.</summary>
    internal bool Remove(T item)
    {
        if (!_places.Remove(item, out LinkedListNode<T>? place))
            return false;
        _order.Remove(place);
        return true;
    }
}
