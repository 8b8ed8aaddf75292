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
        Assert.Equal("ad",
            Read("abcd", ConsoleKey.LeftArrow, ConsoleKey.LeftArrow, ConsoleKey.Backspace, ConsoleKey.Delete, "\r"));

    [Fact]
    public void A_character_of_two_units_is_removed_as_one() =>
        Assert.Equal("a", Read("a\U0001F600", ConsoleKey.Backspace, "\r"));

    [Fact]
    public void A_line_that_is_as_long_as_a_message_may_be_takes_no_more()
    {
        string most = new('x', ReplInput.MaxCharacters);
        Assert.Equal(most, Read(most + "yz\r"));
    }

    [Fact]
    public void Control_W_removes_the_word_before_the_cursor() =>
        Assert.Equal("one ", Read("one two", Control(ConsoleKey.W), "\r"));

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

        Assert.Equal(["first", "second", "first", "first"], Enumerable.Range(0, 4).Select(_ => editor.Read(static () => "> ")));
    }

    [Fact]
    public void Tab_completes_as_far_as_all_candidates_agree()
    {
        LineEditor editor = Editor(_ => ["/mesh peers", "/mesh ping"]);
        _terminal.Type("/m", ConsoleKey.Tab, "\r");

        Assert.Equal("/mesh p", editor.Read(static () => "> "));
    }

    [Fact]
    public void A_line_that_arrives_meanwhile_is_printed_above_the_one_being_edited()
    {
        LineEditor editor = Editor();
        _terminal.Type("half");
        _terminal.Then(() => editor.Print("news"));
        _terminal.Type(" done\r");

        Assert.Equal("half done", editor.Read(static () => "> "));
        Assert.Contains("\r\u001b[Knews\n\r\u001b[K> half", _terminal.Written, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_wider_than_the_terminal_shows_the_part_with_the_cursor()
    {
        string text = new('x', 200);
        Assert.Equal(text, Read(text + "\r"));
        string shown = _terminal.Written.Replace("\u001b[?2004l", "", StringComparison.Ordinal);
        Assert.All(shown.Split('\r'), drawn => Assert.True(drawn.Length < FakeTerminal.Columns + 10, drawn));
    }

    [Fact]
    public void A_pasted_text_is_one_line_with_its_line_ends_and_nothing_in_it_is_a_key()
    {
        Assert.Equal("a one\ntwo\n\nthree b", Read("a ", "\u001b[200~one\rtwo\r\n\nth\u0004\u0003ree\u001b[201~ b\r"));
        Assert.Contains("one\u23CEtwo", _terminal.Written, StringComparison.Ordinal);
        Assert.Contains("\u001b[?2004h", _terminal.Written, StringComparison.Ordinal);
        Assert.EndsWith("\u001b[?2004l\n", _terminal.Written, StringComparison.Ordinal);
        Assert.False(_terminal.IsAtLine);
    }

    [Theory]
    [InlineData("\u001b[2x\r", "[2x")]
    [InlineData("\u001bx\r", "x")]
    [InlineData("\u001b\u001b[200~y\u001b[201~\r", "y")]
    [InlineData("\u001b[200~a\u001b[20b\u001b[201~\r", "a[20b")]
    public void What_only_begins_like_a_paste_belongs_to_the_line(string typed, string line) =>
        Assert.Equal(line, Read(typed));

    [Fact]
    public void Control_C_clears_a_line_and_ends_an_empty_one_and_Control_Z_stops_the_program()
    {
        Assert.Equal("b", Read("a", Control(ConsoleKey.C), "b\r"));
        Assert.Null(Read("a", Control(ConsoleKey.C), Control(ConsoleKey.C)));
        Assert.Equal("ab", Read("a", Control(ConsoleKey.Z), "b\r"));
        Assert.Equal(1, _terminal.Suspended);
    }

    [Fact]
    public void What_was_being_typed_comes_back_behind_the_recalled_lines()
    {
        LineEditor editor = Editor();
        editor.Remember(["/earlier"]);
        _terminal.Type("half", ConsoleKey.UpArrow, ConsoleKey.DownArrow, "\r", ConsoleKey.UpArrow,
            ConsoleKey.UpArrow, "\r");
        Assert.Equal("half", editor.Read(static () => "> "));
        Assert.Equal("/earlier", editor.Read(static () => "> "));
    }

    [Fact]
    public void Wide_characters_take_two_columns_so_that_the_cursor_stands_behind_them()
    {
        Assert.Equal("\u6C34ab\U0001F600",
            Read("\u6C34b\U0001F600", ConsoleKey.LeftArrow, ConsoleKey.LeftArrow, "a\r"));
        // Behind the cursor: b, and an emoji of two columns.
        Assert.Contains("\u6C34ab\U0001F600\u001b[3D", _terminal.Written, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_narrower_window_the_line_is_drawn_anew_and_another_prompt_is_shown_at_once()
    {
        LineEditor editor = Editor();
        _terminal.Type(new string('x', 50));
        _terminal.Then(() => { _terminal.Width = 20; editor.DrawAgain(); });
        string prompt = "> ";
        _terminal.Then(() => { prompt = "[1] > "; editor.PromptChanged(); });
        _terminal.Type("\r");
        Assert.Equal(new string('x', 50), editor.Read(() => prompt));
        string[] drawn = _terminal.Written.Split("\r\u001b[K");
        Assert.Equal("> " + new string('x', 16), drawn[^2]);
        Assert.StartsWith("[1] > xxx", drawn[^1], StringComparison.Ordinal);
    }

    /// <summary>An event just before the line begins was lost once: its prompt had been made earlier.</summary>
    [Fact]
    public void A_prompt_that_changed_before_the_line_begins_is_the_one_that_is_drawn()
    {
        LineEditor editor = Editor();
        string prompt = "[2] > ";
        Func<string> ask = () => prompt;
        prompt = "> ";
        editor.PromptChanged();
        _terminal.Type("\r");
        Assert.Equal("", editor.Read(ask));
        Assert.DoesNotContain("[2]", _terminal.Written, StringComparison.Ordinal);
        Assert.EndsWith("\r\u001b[K> ", _terminal.Written.Split("\u001b[?2004l")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Tab_says_what_a_command_takes_and_what_each_of_several_does()
    {
        LineEditor editor =
            new(_terminal, before => ReplNames.Complete(before, ["bob", "group:walkers"]), SlashCommand.Explain);
        _terminal.Type("/group sh", ConsoleKey.Tab, ConsoleKey.Tab, ConsoleKey.Tab, "\r");
        Assert.Equal("/group show walkers ", editor.Read(static () => "> "));
        Assert.Contains("members and state", _terminal.Written, StringComparison.Ordinal);
        _terminal.Type("/contact ", ConsoleKey.Tab, "\r");
        editor.Read(static () => "> ");
        Assert.Contains("take a contact card\n/contact list",
            _terminal.Written.Replace("\n/contact list  ", "\n/contact list", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    private static ConsoleKeyInfo Control(ConsoleKey key) => new('\0', key, shift: false, alt: false, control: true);

    private LineEditor Editor(Func<string, IReadOnlyList<string>>? complete = null) =>
        new(_terminal, complete ?? (_ => []));

    private string? Read(params object[] typed)
    {
        _terminal.Type(typed);
        return Editor().Read(static () => "> ");
    }
}
