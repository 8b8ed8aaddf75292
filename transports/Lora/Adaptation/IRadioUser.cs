namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>Who is told of a radio's neighbours and their frames; called by the radio's own loop.</summary>
public interface IRadioUser
{
    /// <summary>A neighbour proved itself and hears us.</summary>
    void Up(RadioNeighbour neighbour);

    /// <summary>A frame (kind and body) of docs/reference/protocol.md came from a neighbour.</summary>
    void Received(RadioNeighbour neighbour, ReadOnlySpan<byte> frame);

    /// <summary>A queue that refused a frame has room again.</summary>
    void Writable(RadioNeighbour neighbour);

    /// <summary>
    /// A neighbour answers no more, or restarted. What waited for it is dropped: the router has it still.
    /// </summary>
    void Down(RadioNeighbour neighbour, string reason);
}
