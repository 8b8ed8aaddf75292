using QuicProChat.Mesh.Node.Repl;

namespace QuicProChat.Mesh.Node.Tests.Repl;

public class LineEditorTests
{
    private readonly FakeTerminal _terminal = new();

    [Fact]
    public void Typed_text_comes_back_with_enter() => Assert.Equal("hello", Read("hello\r"));

    [Fact]
    public void Text_is_inserted_where_the_cursor_is() =>
        Assert.Equal("abc", Read("ac", ConsoleKey.LeftArrow, "b\r"));

    [Fact]
    public void Home_and_end_move_to_the_ends() =>
        Assert.Equal("abc", Read("b", ConsoleKey.Home, "a", ConsoleKey.End, "c\r"));

    [Fact]
    public void Backspace_and_delete_remove_on_their_sides() =>
        Assert.Equal("ad", Read("abcd", ConsoleKey.LeftArrow, ConsoleKey.LeftArrow, ConsoleKey.Backspace, ConsoleKey.Delete, "\r"));

    [Fact]
    public void A_character_of_two_units_is_removed_as_one() => Assert.Equal("a", Read("a\U0001F600", ConsoleKey.Backspace, "\r"));

    [Fact]
    public void A_line_that_is_as_long_as_a_message_may_be_takes_no_more()
    {
        string most = new('x', ReplInput.MaxCharacters);
        Assert.Equal(most, Read(most + "yz\r"));
    }

    [Fact]
    public void Control_W_removes_the_word_before_the_cursor() => Assert.Equal("one ", Read("one two", Control(ConsoleKey.W), "\r"));

    [Fact]
    public void Control_U_removes_everything_before_the_cursor() =>
        Assert.Equal("b", Read("ab", ConsoleKey.LeftArrow, Control(ConsoleKey.U), "\r"));

    [Fact]
    public void Control_K_removes_everything_behind_the_cursor() =>
        Assert.Equal("a", Read("ab", ConsoleKey.LeftArrow, Control(ConsoleKey.K), "\r"));

    [Fact]
    public void Control_D_ends_the_input_on_an_empty_line_only()
    {
        Assert.Null(Read(Control(ConsoleKey.D)));
        Assert.Equal("a", Read("ab", ConsoleKey.LeftArrow, Control(ConsoleKey.D), "\r"));
    }

    [Fact]
    public void The_up_key_brings_back_earlier_lines_and_down_returns()
    {
        LineEditor editor = Editor();
        _terminal.Type("first\r", "second\r", ConsoleKey.UpArrow, ConsoleKey.UpArrow, "\r",
            ConsoleKey.UpArrow, ConsoleKey.UpArrow, ConsoleKey.DownArrow, "\r");

        Assert.Equal(["first", "second", "first", "first"], Enumerable.Range(0, 4).Select(_ => editor.Read("> ")));
    }

    [Fact]
    public void Tab_completes_as_far_as_all_candidates_agree()
    {
        LineEditor editor = Editor(_ => ["/mesh peers", "/mesh ping"]);
        _terminal.Type("/m", ConsoleKey.Tab, "\r");

        Assert.Equal("/mesh p", editor.Read("> "));
    }

    [Fact]
    public void A_line_that_arrives_meanwhile_is_printed_above_the_one_being_edited()
    {
        LineEditor editor = Editor();
        _terminal.Type("half");
        _terminal.Then(() => editor.Print("news"));
        _terminal.Type(" done\r");

        Assert.Equal("half done", editor.Read("> "));
        Assert.Contains("\r\u001b[Knews\n\r\u001b[K> half", _terminal.Written, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_wider_than_the_terminal_shows_the_part_with_the_cursor()
    {
        string text = new('x', 200);
        Assert.Equal(text, Read(text + "\r"));
        Assert.All(_terminal.Written.Split('\r'), drawn => Assert.True(drawn.Length < FakeTerminal.Columns + 10, drawn));
    }

    private static ConsoleKeyInfo Control(ConsoleKey key) => new('\0', key, shift: false, alt: false, control: true);

    private LineEditor Editor(Func<string, IReadOnlyList<string>>? complete = null) => new(_terminal, complete ?? (_ => []));

    private string? Read(params object[] typed)
    {
        _terminal.Type(typed);
        return Editor().Read("> ");
    }
}
